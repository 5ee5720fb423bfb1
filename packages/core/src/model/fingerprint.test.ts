import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { fingerprint } from "./fingerprint.js";

const folder = mkdtempSync(join(tmpdir(), "bge-fingerprint-"));
afterAll(() => rmSync(folder, { recursive: true }));

function of(bytes: Uint8Array): string {
  const file = join(folder, "file");
  writeFileSync(file, bytes);
  return fingerprint([file]);
}

test("is 16 hex digits, the same for the same file and for a copy", () => {
  const file = join(folder, "original");
  writeFileSync(file, Buffer.alloc(1_000_000, "weights"));
  copyFileSync(file, join(folder, "copy"));
  expect(fingerprint([file])).toMatch(/^[0-9a-f]{16}$/);
  expect(fingerprint([join(folder, "copy")])).toBe(fingerprint([file]));
});

test("changes with any byte of a small file, and with its size", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 9000 }), fc.nat(), (bytes, at) => {
      const before = of(bytes);
      expect(of(Uint8Array.of(...bytes, 0))).not.toBe(before);
      bytes[at % bytes.length]! ^= 1;
      expect(of(bytes)).not.toBe(before);
    }),
    { numRuns: 30 },
  );
});

test("changes with any long stretch of a large file: at the ends or in the middle", () => {
  const size = 4_000_000;
  const bytes = new Uint8Array(size);
  const before = of(bytes);
  // Samples are 64 KB apart.
  for (const from of [0, 1_234_567, size / 2, size - 70_000]) {
    const changed = bytes.slice();
    changed.fill(1, from, from + 70_000);
    expect(of(changed)).not.toBe(before);
  }
  const last = bytes.slice();
  last[size - 1] = 1;
  expect(of(last)).not.toBe(before);
});

test("changes with a graph's external data", () => {
  const folder = folderOf({ "model.onnx": "graph", "model.onnx_data": "weights" });
  const files = [join(folder, "model.onnx"), join(folder, "model.onnx_data")];
  const before = fingerprint(files);
  expect(before).not.toBe(fingerprint(files.slice(0, 1)));
  writeFileSync(files[1]!, "WEIGHTS");
  expect(fingerprint(files)).not.toBe(before);
});

test("accepts an empty file", () => {
  expect(of(new Uint8Array(0))).toMatch(/^[0-9a-f]{16}$/);
});

test("unreadable weights are a BgeError", () => {
  const folder = folderOf({ "model.onnx/inside": "a folder instead of a file" });
  expect(() => fingerprint([`${folder}/model.onnx`])).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
});
