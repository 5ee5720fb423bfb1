import { expect, test } from "vitest";
import { fromFloat16 } from "./float16.js";

test("reads the bits of float16 numbers", () => {
  // Values of IEEE 754 binary16: zeros, smallest and largest subnormal, smallest normal, one third, the largest, infinities.
  const bits = Uint16Array.of(0, 0x8000, 1, 0x03ff, 0x0400, 0x3555, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
  expect([...fromFloat16(bits)]).toEqual([
    0,
    -0,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    0.333251953125,
    1,
    -2,
    65504,
    Infinity,
    -Infinity,
    NaN,
  ]);
});

test("accepts numbers that are already decoded", () => {
  expect([...fromFloat16([0.5, -1])]).toEqual([0.5, -1]);
});
