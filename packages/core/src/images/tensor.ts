import type { ImageSettings } from "../api/image-settings.js";

/** Converts bytes of colour to the model's input: one plane after another, scaled to 0 to 1, then normalised, in float32 steps. */
export function toTensor(pixels: Uint8Array, { mean, std }: Pick<ImageSettings, "mean" | "std">): Float32Array {
  const count = pixels.length / 3;
  const out = new Float32Array(pixels.length);
  for (let channel = 0; channel < 3; channel++) {
    const values = valuesOf(mean[channel]!, std[channel]!);
    for (let i = 0; i < count; i++) out[channel * count + i] = values[pixels[3 * i + channel]!]!;
  }
  return out;
}

/** Returns the number of each byte, rounded to float32 after each step as the reference does. */
function valuesOf(mean: number, std: number): Float32Array {
  const float = Math.fround;
  return Float32Array.from({ length: 256 }, (_, byte) =>
    float(float(float(byte * (1 / 255)) - float(mean)) / float(std)),
  );
}
