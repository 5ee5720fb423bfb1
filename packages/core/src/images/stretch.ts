import type { Samples } from "./colours.js";
import { checkSides, fractionsOf, type RgbImage, resize } from "./resample.js";

/** Stretches a picture to a square as Pillow does with one whose pixels are numbers of a palette, or black and white: by picking pixels. */
export function stretchByPicking({ data, width, height }: RgbImage, size: number): RgbImage {
  const [columns, rows] = [picked(width, size), picked(height, size)];
  const out = new Uint8Array(size * size * 3);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * width + column) * 3;
      out.set(data.subarray(from, from + 3), to);
      to += 3;
    }
  }
  return { data: out, width: size, height: size };
}

function picked(from: number, size: number): Int32Array {
  const scale = from / size;
  const places = new Int32Array(size);
  // Added up step by step, as there: a product may round to another pixel.
  for (let i = 0, at = scale * 0.5; i < size; i++, at += scale) places[i] = Math.min(Math.trunc(at), from - 1);
  return places;
}

/** Stretches a picture of four channels to a square, each channel on its own. */
export function stretchPlanes({ data, width, height }: Samples, size: number): Samples {
  const [first, last] = [new Uint8Array(width * height * 3), new Uint8Array(width * height * 3)];
  for (let from = 0, to = 0; to < first.length; from += 4, to += 3) {
    for (let channel = 0; channel < 3; channel++) first[to + channel] = data[from + channel]!;
    last[to] = data[from + 3]!;
  }
  const [colours, fourth] = [first, last].map((plane) => resize({ data: plane, width, height }, size, size).data);
  const out = new Uint8Array(size * size * 4);
  for (let from = 0, to = 0; to < out.length; from += 3, to += 4) {
    for (let channel = 0; channel < 3; channel++) out[to + channel] = colours![from + channel]!;
    out[to + 3] = fourth![from]!;
  }
  return { data: out, width: size, height: size, channels: 4 };
}

/** Stretches a picture with an alpha channel to a square, its colours weighted by it, as Pillow does. */
export function stretchTransparent(samples: Samples, size: number): Samples {
  const weighted = Uint8Array.from(samples.data);
  for (let at = 0; at < weighted.length; at += 4) {
    const alpha = weighted[at + 3]!;
    for (let channel = at; channel < at + 3; channel++) {
      const product = weighted[channel]! * alpha + 128;
      weighted[channel] = (product + (product >> 8)) >> 8;
    }
  }
  const stretched = stretchPlanes({ ...samples, data: weighted }, size);
  const { data } = stretched;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      data[channel] = Math.min(255, Math.trunc((255 * data[channel]!) / alpha));
    }
  }
  return stretched;
}

/** Stretches grey of 16 bits to a square. */
export function stretchDeep({ data, width, height, channels }: Samples, size: number): Samples {
  checkSides({ width, height }, size, size, 2);
  const grey = Uint16Array.from({ length: width * height }, (_, at) => data[at * channels]!);
  const narrow = deepLines(grey, width, height, size);
  const out = turned(deepLines(turned(narrow, size, height), height, size, size), size, size);
  return { data: out, width: size, height: size, channels: 1 };
}

/** Resizes each of `height` lines to `size` values. */
function deepLines(data: Uint16Array, width: number, height: number, size: number): Uint16Array {
  const fractions = fractionsOf(width, size);
  const out = new Uint16Array(height * size);
  for (let row = 0; row < height; row++) {
    for (const [i, { start, weights }] of fractions.entries()) {
      let sum = 0;
      for (const [tap, weight] of weights.entries()) sum += data[row * width + start + tap]! * weight;
      const value = sum >= 0 ? Math.floor(sum + 0.5) : -Math.floor(0.5 - sum);
      // Two bytes, each kept in its range.
      const [high, low] = [Math.min(255, Math.max(0, value >> 8)), Math.max(0, value % 256)];
      out[row * size + i] = high * 256 + low;
    }
  }
  return out;
}

function turned(data: Uint16Array, width: number, height: number): Uint16Array {
  return Uint16Array.from({ length: data.length }, (_, at) => data[(at % height) * width + Math.floor(at / height)]!);
}
