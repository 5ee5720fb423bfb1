import { expect, test } from "vitest";
import { openFailure, runFailure } from "./open-failure.js";

test.each([
  ["cpu", "Exception during initialization: std::bad_alloc", "WORKER_LOST", "too little memory"],
  ["cpu", "bfc_arena.cc: Failed to allocate memory for requested buffer of size 4096", "WORKER_LOST", "fewer workers"],
  ["cpu", "Protobuf parsing failed", "MODEL_CORRUPT", "download it again"],
  ["cuda", "std::bad_alloc", "UNSUPPORTED_PLATFORM", 'on cuda: std::bad_alloc. Use device: "cpu"'],
] as const)("on %s, after %s: %s", (device, said, code, advice) => {
  const error = openFailure("/m/model.onnx", device, new Error(said));
  expect(error).toMatchObject({ code, message: expect.stringContaining(advice) });
  expect(error.message).toContain(said);
});

test.each([
  "std::bad_alloc",
  "Failed to allocate memory for requested buffer of size 268435456\n",
  "CUDA failure 2: out of memory",
])("a run that ends with %j says what to do", (said) => {
  expect(runFailure(new Error(said))).toMatch(
    new RegExp(`^${said.trim()}\\. There was too little memory.* lower maxTokens`),
  );
});

test("a run that fails for another reason says that reason alone", () => {
  expect(runFailure(new Error("Got invalid dimensions for input"))).toBe("Got invalid dimensions for input");
});
