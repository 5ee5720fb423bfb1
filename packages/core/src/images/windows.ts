import type { PatchSettings } from "../api/image-settings.js";
import type { PreparedPicture } from "./prepared.js";
import { type RgbImage, resize } from "./resample.js";
import { toTensor } from "./tensor.js";
import { unusable } from "./unusable.js";

/**
 * Prepares a picture for Qwen2.5-VL: scaled so that it consists of whole tokens, cut into patches, and these in windows, within which
 * most layers of the vision graph attend. The graph's inputs have the same number of patches for each window, the last ones of a smaller
 * window being left out by `mask`.
 */
export function prepareWindows(picture: RgbImage, settings: PatchSettings): PreparedPicture {
  const { patch, merge, window, frames } = settings;
  const size = scaledSize(picture, settings);
  const { data: bytes } = resize(picture, size.width, size.height);
  const planes = toTensor(bytes, settings);
  const grid = { width: size.width / (patch * merge), height: size.height / (patch * merge) };
  const { windows, rows } = windowsOf(grid, window);
  const perWindow = window * window * merge * merge;
  const values = 3 * frames * patch * patch;
  const data = new Float32Array(windows.length * perWindow * values);
  const positions = new Float32Array(windows.length * perWindow * 2);
  const mask = new Float32Array(windows.length * perWindow);
  for (const [number, tokens] of windows.entries()) {
    let at = number * perWindow;
    for (const token of tokens) {
      const [left, top] = [(token % grid.width) * merge, Math.floor(token / grid.width) * merge];
      for (let inside = 0; inside < merge * merge; inside++, at++) {
        const [column, row] = [left + (inside % merge), top + Math.floor(inside / merge)];
        copyPatch(planes, size, { column, row }, settings, data.subarray(at * values, (at + 1) * values));
        positions.set([row, column], 2 * at);
        mask[at] = 1;
      }
    }
  }
  const shape = [windows.length, perWindow];
  return {
    inputs: {
      pixel_values: { data, shape: [...shape, values] },
      positions: { data: positions, shape: [...shape, 2] },
      mask: { data: mask, shape },
    },
    rows,
    grid,
  };
}

/** Returns a picture's size in whole tokens, with at least `minPixels` and at most `maxPixels`. */
export function scaledSize(
  { width, height }: { readonly width: number; readonly height: number },
  { patch, merge, minPixels, maxPixels }: Pick<PatchSettings, "patch" | "merge" | "minPixels" | "maxPixels">,
): { readonly width: number; readonly height: number } {
  const unit = patch * merge;
  if (Math.max(width, height) / Math.min(width, height) > MOST_ELONGATED) {
    throw unusable(`of ${width} × ${height} pixels, one side is more than ${MOST_ELONGATED} times the other`);
  }
  const whole = { width: roundEven(width / unit) * unit, height: roundEven(height / unit) * unit };
  if (whole.width * whole.height > maxPixels) {
    const shrink = Math.sqrt((height * width) / maxPixels);
    const down = (side: number) => Math.max(unit, Math.floor(side / shrink / unit) * unit);
    return { width: down(width), height: down(height) };
  }
  if (whole.width * whole.height < minPixels) {
    const grow = Math.sqrt(minPixels / (height * width));
    const up = (side: number) => Math.ceil((side * grow) / unit) * unit;
    return { width: up(width), height: up(height) };
  }
  return whole;
}

const MOST_ELONGATED = 200;

/** Rounds halves to even numbers, as Python does. */
function roundEven(value: number): number {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** Divides a grid of tokens into windows, row by row. `rows`: where each token, in the grid's own order, is among all windows' places. */
function windowsOf(
  { width, height }: { readonly width: number; readonly height: number },
  side: number,
): { readonly windows: readonly (readonly number[])[]; readonly rows: Int32Array } {
  const windows: number[][] = [];
  const rows = new Int32Array(width * height);
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const tokens: number[] = [];
      for (let y = top; y < Math.min(top + side, height); y++) {
        for (let x = left; x < Math.min(left + side, width); x++) {
          rows[y * width + x] = windows.length * side * side + tokens.length;
          tokens.push(y * width + x);
        }
      }
      windows.push(tokens);
    }
  }
  return { windows, rows };
}

/** Copies a patch: one channel after another, each repeated for all frames. */
function copyPatch(
  planes: Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  { column, row }: { readonly column: number; readonly row: number },
  { patch, frames }: PatchSettings,
  out: Float32Array,
): void {
  let to = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let frame = 0; frame < frames; frame++) {
      for (let y = 0; y < patch; y++, to += patch) {
        const from = (channel * height + row * patch + y) * width + column * patch;
        out.set(planes.subarray(from, from + patch), to);
      }
    }
  }
}
