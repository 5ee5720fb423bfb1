import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import wabt from "wabt";
import { fractionsOf, type RgbImage, resize, resizeAndCrop } from "./resample.js";
import { RESAMPLE } from "./resample-bytes.js";
import { stretchDeep } from "./stretch.js";

const noise = (width: number, height: number, seed: number): RgbImage => {
  let state = seed >>> 0;
  const data = Uint8Array.from({ length: 3 * width * height }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // Mostly extremes: sums leave a byte's range at edges.
    return state >>> 31 === 0 ? state >>> 24 : (state >>> 30) % 2 === 0 ? 0 : 255;
  });
  return { data, width, height };
};

/** Pillow's loops, a value at a time: `at` is where value `i` of line `line` begins. */
function pass(from: number, to: number, lines: number, value: (line: number, i: number) => number): Uint8Array {
  const out = new Uint8Array(lines * to);
  for (const [i, { start, weights }] of fractionsOf(from, to).entries()) {
    const rounded = Array.from(weights, (weight) => Math.trunc(weight * 2 ** 22 + (weight < 0 ? -0.5 : 0.5)));
    for (let line = 0; line < lines; line++) {
      const sum = rounded.reduce((all, weight, tap) => all + weight * value(line, start + tap), 2 ** 21);
      out[line * to + i] = Math.min(255, Math.max(0, Math.floor(sum / 2 ** 22)));
    }
  }
  return out;
}

/** Each channel by itself: rows, and then columns. */
function slowly({ data, width, height }: RgbImage, toWidth: number, toHeight: number): Uint8Array {
  const out = new Uint8Array(3 * toWidth * toHeight);
  for (let channel = 0; channel < 3; channel++) {
    const narrow = pass(width, toWidth, height, (row, x) => data[3 * (row * width + x) + channel]!);
    const columns = pass(height, toHeight, toWidth, (x, row) => narrow[row * toWidth + x]!);
    for (let y = 0; y < toHeight; y++)
      for (let x = 0; x < toWidth; x++) out[3 * (y * toWidth + x) + channel] = columns[x * toHeight + y]!;
  }
  return out;
}

test("the bytes are resample.wat's: node tools/kernel.mjs", async () => {
  const { parseWat } = await wabt();
  const text = readFileSync(new URL("resample.wat", import.meta.url), "utf8");
  const { buffer } = parseWat("resample.wat", text, { simd: true }).toBinary({});
  expect(Buffer.from(buffer).toString("base64")).toBe(RESAMPLE);
});

test("a process without WebAssembly is told so", async () => {
  vi.resetModules();
  const fresh = await import("./resample.js");
  vi.stubGlobal("WebAssembly", undefined);
  try {
    expect(() => fresh.resize(noise(2, 2, 1), 1, 1)).toThrow(expect.objectContaining({ code: "UNSUPPORTED_PLATFORM" }));
  } finally {
    vi.unstubAllGlobals();
  }
});

describe("resize", () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 97));

  test("does what the loops do, whatever the sizes", () => {
    fc.assert(
      fc.property(side, side, side, side, fc.integer(), (width, height, toWidth, toHeight, seed) => {
        const picture = noise(width, height, seed);
        const { data } = resize(picture, toWidth, toHeight);
        expect(Buffer.compare(data, slowly(picture, toWidth, toHeight))).toBe(0);
      }),
    );
  });

  test.each([
    ["in several strips", 900, 500, 30, 20],
    ["with rows larger than a strip", 360_000, 2, 9, 1],
    ["with more rows than a strip holds", 1, 360_000, 1, 9],
    ["made larger than the kernel keeps", 1, 1000, 6000, 2],
  ])("%s, and the next one as well", (_, width, height, toWidth, toHeight) => {
    for (const picture of [noise(width, height, 5), noise(9, 8, 6)]) {
      const to = picture.width === 9 ? ([4, 5] as const) : ([toWidth, toHeight] as const);
      expect(Buffer.compare(resize(picture, ...to).data, slowly(picture, ...to))).toBe(0);
    }
  });

  test.each([
    ["tall", 1, 6_000_000],
    ["wide", 12_000_000, 1],
  ])("a picture that is far too %s is refused, and the next one is resized", (_, width, height) => {
    expect(() => resize({ data: new Uint8Array(3 * width * height), width, height }, 512, 512)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: expect.stringContaining(`${width} × ${height} pixels`),
      }),
    );
    const deep = { data: new Uint16Array(width * height), width, height, channels: 1 };
    expect(() => stretchDeep(deep, 512)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
    const next = noise(9, 8, 6);
    expect(Buffer.compare(resize(next, 4, 5).data, slowly(next, 4, 5))).toBe(0);
  });

  test("the centre of what resize gives is what resizeAndCrop gives", () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 30 }), fc.integer(), (width, height, edge, seed) => {
        const picture = noise(width, height, seed);
        const longer = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
        const [toWidth, toHeight] = width > height ? [longer, edge] : [edge, longer];
        const { data } = resize(picture, toWidth, toHeight);
        const [left, top] = [Math.floor((toWidth - edge) / 2), Math.floor((toHeight - edge) / 2)];
        const square = resizeAndCrop(picture, edge, edge);
        for (let y = 0; y < edge; y++) {
          const from = 3 * ((top + y) * toWidth + left);
          expect(square.subarray(3 * y * edge, 3 * (y + 1) * edge)).toEqual(data.subarray(from, from + 3 * edge));
        }
      }),
    );
  });
});
