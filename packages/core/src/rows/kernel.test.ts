import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import wabt from "wabt";
import { dot, unitRows } from "../../../../test/unit-rows.js";
import { levelAt, packedBytes } from "./codes.js";
import { codeProducts, floatProducts } from "./kernel.js";
import { KERNEL } from "./kernel-bytes.js";

const row = <Values extends { subarray(from: number, to: number): Values }>(
  values: Values,
  at: number,
  width: number,
) => values.subarray(at * width, (at + 1) * width);

const shapes = fc.record({
  rows: fc.integer({ min: 0, max: 9 }),
  columns: fc.integer({ min: 0, max: 9 }),
  dimensions: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(128, 384, 1000)),
  seed: fc.integer(),
});

test("the bytes are kernel.wat's: node tools/kernel.mjs", async () => {
  const { parseWat } = await wabt();
  const text = readFileSync(new URL("kernel.wat", import.meta.url), "utf8");
  const { buffer } = parseWat("kernel.wat", text, { simd: true }).toBinary({});
  expect(Buffer.from(buffer).toString("base64")).toBe(KERNEL);
});

test("a process without WebAssembly is told so", async () => {
  vi.resetModules();
  const fresh = await import("./kernel.js");
  vi.stubGlobal("WebAssembly", undefined);
  try {
    const product = () => fresh.floatProducts(Float32Array.of(1), Float32Array.of(1), 1);
    expect(product).toThrow(expect.objectContaining({ code: "UNSUPPORTED_PLATFORM" }));
  } finally {
    vi.unstubAllGlobals();
  }
});

describe("floatProducts", () => {
  test("every row with every column, whatever the widths and counts", () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, dimensions, seed }) => {
        const [a, b] = [unitRows(rows, dimensions, seed, 0.3), unitRows(columns, dimensions, seed + 1, 0.3)];
        const { values, stride } = floatProducts(a, b, dimensions);
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < columns; c++) {
            expect(values[r * stride + c]).toBeCloseTo(dot(row(a, r, dimensions), row(b, c, dimensions)), 5);
          }
        }
      }),
    );
  });

  test("what a call before has left in memory is not seen, not even NaN", () => {
    floatProducts(new Float32Array(80).fill(Number.NaN), new Float32Array(80).fill(Number.NaN), 8);
    const { values } = floatProducts(Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6), 3);
    expect(values[0]).toBe(32);
  });

  test("memory grows with the rows", () => {
    const rows = unitRows(700, 1024, 1, 0);
    const { values, stride } = floatProducts(rows, rows, 1024);
    for (const r of [0, 350, 699]) expect(values[r * stride + r]).toBeCloseTo(1, 5);
  });
});

describe("codeProducts", () => {
  test("every row of codes with every column, exactly", () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, dimensions, seed }) => {
        const bytes = packedBytes(dimensions);
        const codes = Uint8Array.from(unitRows(rows, bytes, seed, 0), (value) => Math.round(value * 1e6));
        const b = Int16Array.from(unitRows(columns, dimensions, seed + 1, 0), (value) => Math.round(value * 32_767));
        const { values, stride } = codeProducts(codes, b, dimensions);
        for (let r = 0; r < rows; r++) {
          const levels = Array.from({ length: dimensions }, (_, d) => levelAt(row(codes, r, bytes), d));
          for (let c = 0; c < columns; c++) {
            expect(values[r * stride + c]).toBe(dot(levels, row(b, c, dimensions)) + 0);
          }
        }
      }),
    );
  });

  test("the largest numbers of the widest rows do not leave int32", () => {
    const { values } = codeProducts(new Uint8Array(1024), new Int16Array(4096).fill(32_767), 4096);
    expect(values[0]).toBe(-10 * 32_767 * 4096);
  });
});
