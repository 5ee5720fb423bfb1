import type { RgbImage } from "./resample.js";

/** Samples of a decoded picture, `channels` for each pixel. */
export interface Samples {
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Converts samples to RGB as the reference's `convert("RGB")` does: grey is repeated, and an alpha channel is dropped, not blended. */
export function toRgb({ data, width, height, channels }: Samples): RgbImage {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (channels === 3) return { data: bytes, width, height };
  const out = new Uint8Array(width * height * 3);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let from = 0, to = 0; to < out.length; from += channels, to += 3) {
    out[to] = bytes[from]!;
    out[to + 1] = bytes[from + green]!;
    out[to + 2] = bytes[from + blue]!;
  }
  return { data: out, width, height };
}

/** Grey of 16 bits, of which the reference keeps the low byte's range: whatever is above 255 is white. */
export function greyToRgb({ data, width, height, channels }: Samples): RgbImage {
  const out = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < out.length; from += channels, to += 3) {
    out.fill(Math.min(255, data[from]!), to, to + 3);
  }
  return { data: out, width, height };
}

/** Inks to colours, without a profile: `K' - C·K' / 255` with `K' = 255 - K`, rounded as Pillow does. */
export function cmykToRgb({ data, width, height }: Samples): RgbImage {
  const out = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
    const light = 255 - data[from + 3]!;
    for (let ink = 0; ink < 3; ink++) {
      const product = data[from + ink]! * light + 128;
      out[to + ink] = Math.max(0, light - ((product + (product >> 8)) >> 8));
    }
  }
  return { data: out, width, height };
}
