import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { PatchSettings, TileSettings } from "../packages/core/src/api/image-settings.js";
import { featureRows, prepareTiles } from "../packages/core/src/images/any-resolution.js";
import { decode } from "../packages/core/src/images/decode.js";
import { prepareWindows, scaledSize } from "../packages/core/src/images/windows.js";
import { readVisionSettings } from "../packages/core/src/model/vision-settings.js";
import { gridPositions } from "../packages/core/src/worker/grid-positions.js";
import { readGolden } from "./support/golden.js";
import { fixture } from "./support/models.js";
import { counted } from "./support/pictures.js";

/** What vision language models read of a picture, against the reference's processors and models: SHA-256 of the numbers they get. */
interface LlavaGolden {
  readonly pictures: Readonly<Record<string, string>>;
  readonly sizes: readonly { width: number; height: number; tiles: number; pixels: string; rows: string }[];
}

interface Windows {
  readonly pixels: string;
  readonly windows: readonly number[];
}

interface QwenGolden {
  readonly pictures: Readonly<Record<string, Windows>>;
  readonly counted: readonly (Windows & { readonly width: number; readonly height: number })[];
  readonly sizes: readonly { width: number; height: number; usual: readonly number[]; less: readonly number[] }[];
  readonly scaled: { readonly maxScaledPixels: number };
  readonly positions: readonly { width: number; height: number; positions: readonly (readonly number[])[] }[];
}

const sha256 = (values: Float32Array | Int32Array) =>
  createHash("sha256")
    .update(Buffer.from(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
const read = (name: string) => readFileSync(`${fixture("pictures")}/${name}`);
const USUAL = 1280 * 28 * 28;
const settingsOf = (name: string, architecture: string) =>
  readVisionSettings(fixture(name), { architecture } as never, USUAL);

describe("LLaVA-NeXT", () => {
  const { pictures, sizes } = readGolden<LlavaGolden>("vision/tiny-llava.json");
  const settings = settingsOf("tiny-llava", "llava_next") as TileSettings;

  test.each(Object.keys(pictures))("%s: stretched as it is, then in tiles", async (name) => {
    const picture = await decode(sharp, read(name), { maxPixels: 1e6, orient: false, stretch: 512 });
    const { inputs, rows } = prepareTiles(picture, settings);
    expect(inputs["pixel_values"]!.shape).toEqual([5, 3, 336, 336]);
    expect(sha256(inputs["pixel_values"]!.data)).toBe(pictures[name]);
    expect(rows).toHaveLength(144 + 24 * 24 + 24);
  });

  test.each(sizes)("$width × $height: the grid, its pixels, and the features without the padding", (size) => {
    const { inputs, rows } = prepareTiles(counted(size.width, size.height), settings);
    const { data, shape } = inputs["pixel_values"]!;
    expect(shape[0]).toBe(size.tiles);
    expect(sha256(data)).toBe(size.pixels);
    expect(sha256(rows)).toBe(size.rows);
  });

  test("every picture takes the whole one's features, and rows of tiles that end with the same feature", () => {
    const side = fc.integer({ min: 1, max: 3000 });
    const sides = fc.tuple(side, side).filter(([a, b]) => Math.max(a, b) <= 8 * Math.min(a, b));
    const grids = fc.constantFrom({ width: 1, height: 2 }, { width: 2, height: 2 }, { width: 3, height: 1 });
    fc.assert(
      fc.property(sides, grids, fc.integer({ min: 8, max: 24 }), ([width, height], grid, per) => {
        const rows = [...featureRows({ width, height }, grid, per)];
        const newline = per * per * (1 + grid.width * grid.height);
        expect(rows.slice(0, per * per)).toEqual(Array.from({ length: per * per }, (_, at) => at));
        const lines = rows
          .slice(per * per)
          .join()
          .split(`,${newline}`);
        const lengths = new Set(lines.slice(0, -1).map((line) => line.replace(/^,/, "").split(",").length));
        expect(lines.at(-1)).toBe("");
        expect(lengths.size).toBe(1);
        expect(new Set(rows).size).toBe(rows.length - (lines.length - 1) + 1);
      }),
    );
  });
});

describe("Qwen2.5-VL", () => {
  const { pictures, sizes, scaled, positions, ...golden } = readGolden<QwenGolden>("vision/tiny-qwen-vl.json");
  const settings = settingsOf("tiny-qwen-vl", "qwen2_5_vl") as PatchSettings;
  const less = { ...settings, maxPixels: scaled.maxScaledPixels };

  /** The patches that the mask leaves, and how many there are of each window. */
  function used({ inputs }: ReturnType<typeof prepareWindows>): Windows {
    const { data, shape } = inputs["pixel_values"]!;
    const { data: mask } = inputs["mask"]!;
    const [windows, places, values] = shape as [number, number, number];
    const kept = [...mask.keys()].filter((at) => mask[at] === 1);
    const all = new Float32Array(kept.length * values);
    for (const [i, at] of kept.entries()) all.set(data.subarray(at * values, (at + 1) * values), i * values);
    const counts = Array.from(
      { length: windows },
      (_, window) => kept.filter((at) => Math.floor(at / places) === window).length,
    );
    return { pixels: sha256(all), windows: counts };
  }

  test.each(sizes)("$width × $height: the size in whole tokens", ({ width, height, usual, less: lower }) => {
    const scale = (to: PatchSettings) => {
      const size = scaledSize({ width, height }, to);
      return [size.width, size.height];
    };
    expect([scale(settings), scale(less)]).toEqual([usual, lower]);
  });

  test.each(Object.keys(pictures))("%s: its patches, window by window", async (name) => {
    const picture = await decode(sharp, read(name), { maxPixels: 1e6, orient: false });
    expect(used(prepareWindows(picture, settings))).toEqual(pictures[name]);
  });

  test.each(golden.counted)("$width × $height: its patches, window by window", ({ width, height, ...wanted }) => {
    expect(used(prepareWindows(counted(width, height), less))).toEqual(wanted);
  });

  test("each token's place is among its own window's, and no two have the same", () => {
    const side = fc.integer({ min: 1, max: 700 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        fc.pre(Math.max(width, height) / Math.min(width, height) <= 200);
        const { inputs, rows, grid } = prepareWindows(counted(width, height), less);
        const { data: mask } = inputs["mask"]!;
        const { data: places } = inputs["positions"]!;
        expect(rows).toHaveLength(grid!.width * grid!.height);
        expect(new Set(rows).size).toBe(rows.length);
        for (const [token, row] of rows.entries()) {
          expect(mask[4 * row]).toBe(1);
          expect([places[8 * row]! / 2, places[8 * row + 1]! / 2]).toEqual([
            Math.floor(token / grid!.width),
            token % grid!.width,
          ]);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("more than 200 times as wide as high is refused, as there", () => {
    expect(() => scaledSize({ width: 201, height: 1 }, settings)).toThrow(/201 × 1 pixels/);
  });

  test.each(positions)("$width × $height tokens: positions", ({ width, height, positions: wanted }) => {
    const tokens = wanted[0]!.length;
    const found = gridPositions(tokens, 3, { width, height });
    const rows = [0, 1, 2].map((axis) => [...found.subarray(axis * tokens, (axis + 1) * tokens)]);
    expect(rows).toEqual(wanted);
  });

  test("positions without a picture count", () => {
    expect([...gridPositions(4, 4)]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  });
});
