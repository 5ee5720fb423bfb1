import type { TileSettings } from "../api/image-settings.js";
import type { PreparedPicture } from "./prepared.js";
import { type RgbImage, resize } from "./resample.js";
import { toTensor } from "./tensor.js";
import { unusable } from "./unusable.js";

const PIXELS = "pixel_values";

/** Columns and rows of tiles, or of features, or of pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Prepares a picture for LLaVA-NeXT: as a whole, stretched to one tile, and then cut into the tiles of the resolution that fits it
 * best. The features of the tiles are read as one map, without the rows or columns that show only padding, and with a token for the end
 * of each row.
 */
export function prepareTiles(picture: RgbImage, settings: TileSettings): PreparedPicture {
  const { tile, side } = settings;
  const target = bestResolution(picture, settings.resolutions);
  const whole = resize(picture, tile, tile).data;
  const padded = pad(fitInside(picture, target), target);
  const grid = { width: target.width / tile, height: target.height / tile };
  const count = 1 + grid.width * grid.height;
  const data = new Float32Array(count * 3 * tile * tile);
  data.set(toTensor(whole, settings));
  for (let at = 1; at < count; at++) {
    const [column, row] = [(at - 1) % grid.width, Math.floor((at - 1) / grid.width)];
    data.set(toTensor(cut(padded, column * tile, row * tile, tile), settings), at * 3 * tile * tile);
  }
  return {
    inputs: { [PIXELS]: { data, shape: [count, 3, tile, tile] } },
    rows: featureRows(picture, grid, side),
  };
}

/** Returns the resolution that keeps most of a picture's pixels, of several the one that wastes least, of those the first. */
export function bestResolution({ width, height }: Size, resolutions: readonly Size[]): Size {
  let best: Size | undefined;
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const resolution of resolutions) {
    const scale = Math.min(resolution.width / width, resolution.height / height);
    const kept = Math.min(Math.trunc(width * scale) * Math.trunc(height * scale), width * height);
    const wasted = resolution.width * resolution.height - kept;
    if (kept > most || (kept === most && wasted < least)) [best, most, least] = [resolution, kept, wasted];
  }
  if (best === undefined) throw unusable(`of ${width} × ${height} pixels nothing would be left in a tile`);
  return best;
}

/** Resizes a picture so that it just fits. */
function fitInside(picture: RgbImage, target: Size): RgbImage {
  const [across, down] = [target.width / picture.width, target.height / picture.height];
  return across < down
    ? resize(picture, target.width, Math.min(Math.ceil(picture.height * across), target.height))
    : resize(picture, Math.min(Math.ceil(picture.width * down), target.width), target.height);
}

/** Puts a picture into the middle of a black one. */
function pad({ data, width, height }: RgbImage, target: Size): RgbImage {
  const out = new Uint8Array(target.width * target.height * 3);
  const [left, top] = [Math.floor((target.width - width) / 2), Math.floor((target.height - height) / 2)];
  for (let row = 0; row < height; row++) {
    out.set(data.subarray(row * width * 3, (row + 1) * width * 3), ((top + row) * target.width + left) * 3);
  }
  return { data: out, ...target };
}

function cut({ data, width }: RgbImage, left: number, top: number, size: number): Uint8Array {
  const out = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const from = ((top + row) * width + left) * 3;
    out.set(data.subarray(from, from + size * 3), row * size * 3);
  }
  return out;
}

/**
 * Returns the rows of the vision graph's output that a picture's tokens take, in order. That output has `side` × `side` features for each
 * tile, and behind them the feature that ends a row.
 */
export function featureRows(picture: Size, grid: Size, side: number): Int32Array {
  const perTile = side * side;
  const newline = perTile * (1 + grid.width * grid.height);
  const { left, top, right, bottom } = unpadded(picture, { width: side * grid.width, height: side * grid.height });
  const rows = Array.from({ length: perTile }, (_, at) => at);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const tile = 1 + Math.floor(y / side) * grid.width + Math.floor(x / side);
      rows.push(tile * perTile + (y % side) * side + (x % side));
    }
    rows.push(newline);
  }
  return Int32Array.from(rows);
}

/** Returns the part of a feature map that shows the picture. The same number of rows or columns is left out at either end. */
function unpadded({ width, height }: Size, map: Size): { left: number; top: number; right: number; bottom: number } {
  if (width / height > map.width / map.height) {
    const top = Math.floor((map.height - rounded(height * (map.width / width))) / 2);
    return { left: 0, top, right: map.width, bottom: map.height - top };
  }
  const left = Math.floor((map.width - rounded(width * (map.height / height))) / 2);
  return { left, top: 0, right: map.width - left, bottom: map.height };
}

/** Rounds down, but not what only the arithmetic has put below an integer. */
function rounded(value: number): number {
  return Math.trunc(Number(value.toFixed(7)));
}
