import type { Samples } from "./colours.js";

/** The first frame of a GIF: its place in the picture, and the colour of what it does not show. */
interface FirstFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly hidden: Uint8Array;
  readonly palette: Uint8Array;
}

/**
 * Gives the pixels that a decoded GIF does not show the colour that the reference keeps: that of the transparent index in the
 * palette, or of index 0 outside a frame without one. Decoders blank both.
 */
export function restoreHidden(bytes: Uint8Array, { data, width, height }: Samples): void {
  const frame = firstFrame(bytes);
  if (frame === undefined) return;
  const { left, top, hidden } = frame;
  for (let y = 0, at = 0; y < height; y++) {
    const inside = y >= top && y < top + frame.height;
    for (let x = 0; x < width; x++, at += 4) {
      if (data[at + 3] === 0 || !inside || x < left || x >= left + frame.width) data.set(hidden, at);
    }
  }
}

/** True if the first frame's palette is a ramp of greys: the reference then has no palette, but shades. */
export function isGreyRamp(bytes: Uint8Array): boolean {
  const palette = firstFrame(bytes)?.palette ?? new Uint8Array(0);
  return palette.every((value, at) => value === Math.floor(at / 3));
}

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;

/** Reads the blocks up to the first frame. */
function firstFrame(bytes: Uint8Array): FirstFrame | undefined {
  const global = tableAt(bytes, 10, 13);
  const number = (at: number) => bytes[at]! + 256 * bytes[at + 1]!;
  let at = 13 + global.length;
  let index = 0;
  while (at < bytes.length) {
    if (bytes[at] === IMAGE) {
      const local = tableAt(bytes, at + 9, at + 10);
      const palette = local.length > 0 ? local : global;
      const hidden = palette.subarray(3 * index, 3 * index + 3);
      const [left, top, width, height] = [number(at + 1), number(at + 3), number(at + 5), number(at + 7)];
      return hidden.length === 3 ? { left, top, width, height, hidden, palette } : undefined;
    }
    if (bytes[at] !== EXTENSION) return undefined;
    if (bytes[at + 1] === GRAPHIC_CONTROL && (bytes[at + 3]! & 1) === 1) index = bytes[at + 6]!;
    at += 2;
    // Blocks of a stated length, up to an empty one.
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1;
    at++;
  }
  return undefined;
}

/** Returns the colours at `from`, if the flags say that there are any. */
function tableAt(bytes: Uint8Array, flags: number, from: number): Uint8Array {
  const size = (bytes[flags]! & 0x80) === 0 ? 0 : 3 << ((bytes[flags]! & 7) + 1);
  return bytes.subarray(from, from + size);
}
