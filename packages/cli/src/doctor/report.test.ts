import { expect, test } from "vitest";
import { type Diagnosis, toReport } from "./report.js";

/** A container of two processors on a machine of 64. */
const DIAGNOSIS: Diagnosis = {
  versions: { bge: "1.0.0", node: "v22.0.0", onnxruntime: "1.0.0" },
  system: "linux x64",
  processor: {
    model: "a processor",
    processors: 64,
    available: 64,
    threads: 2,
    instructions: undefined,
    int8: "unknown",
  },
  memory: { limit: 2e9, available: 1e9 },
  runtime: { total: 301e6, needed: 45e6 },
  load: 20,
  environment: [],
  telemetry: "off",
  models: [],
  problems: [],
};
const benchmark = { textsPerSecond: 100, queryMs: 5, rerankMs: 500 };

test.each([
  ["as busy as its container could be, and its machine is not", 20, benchmark, false],
  ["busy", 33, benchmark, true],
  ["busy, and nothing was measured", 33, undefined, false],
])("a machine that is %s", (_, load, measured, isTold) => {
  const report = toReport({ ...DIAGNOSIS, load, ...(measured && { benchmark: measured }) });
  expect(report).toMatch(
    new RegExp(`^load +${load}\\.0 in the last minute${isTold ? ": busy, the speeds below" : "$"}`, "m"),
  );
});

test("what ONNX Runtime takes on disk, and what of it other systems need", () => {
  const disk = (total: number) =>
    /^disk +(.*)$/m.exec(toReport({ ...DIAGNOSIS, runtime: { total, needed: 45e6 } }))![1];
  expect(disk(301e6)).toBe("ONNX Runtime 301.0 MB, without other systems' libraries 45.0 MB");
  expect(disk(45e6)).toBe("ONNX Runtime 45.0 MB");
});
