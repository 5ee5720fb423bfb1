import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { toRgb } from "../packages/core/src/images/colours.js";
import { decode } from "../packages/core/src/images/decode.js";
import { resizeAndCrop } from "../packages/core/src/images/resample.js";
import { toTensor } from "../packages/core/src/images/tensor.js";
import { largestDifference, readGolden } from "./support/golden.js";
import { fixture } from "./support/models.js";
import { counted, tiffOfInks } from "./support/pictures.js";

/** SHA-256 of Pillow's bytes: of the whole picture, of the square that the model sees, and of that after EXIF's turn. */
interface PicturesGolden {
  readonly size: number;
  readonly files: Readonly<
    Record<string, { readonly width: number; readonly height: number; rgb: string; pixels: string; oriented?: string }>
  >;
  readonly resampled: readonly { readonly width: number; readonly height: number; readonly sha256: string }[];
}

const { size, files, resampled } = readGolden<PicturesGolden>("clip/pictures.json");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const read = (name: string) => readFileSync(`${fixture("pictures")}/${name}`);
const IGNORING = { maxPixels: 1e6, orient: false };

test("the golden file has every picture", () => {
  expect(readdirSync(fixture("pictures")).sort()).toEqual(Object.keys(files).sort());
  expect(Object.keys(files).length).toBeGreaterThanOrEqual(85);
});

test.each(Object.keys(files))("%s: Pillow's colours and pixels", async (name) => {
  const golden = files[name]!;
  const picture = await decode(sharp, read(name), IGNORING);
  expect([picture.width, picture.height]).toEqual([golden.width, golden.height]);
  expect(sha256(picture.data)).toBe(golden.rgb);
  expect(sha256(resizeAndCrop(picture, size, size))).toBe(golden.pixels);
});

const turned = Object.keys(files).filter((name) => files[name]!.oriented !== undefined);
test.each(turned)("%s: turned on request as Pillow's exif_transpose does", async (name) => {
  const picture = await decode(sharp, read(name), { ...IGNORING, orient: true });
  expect(sha256(resizeAndCrop(picture, size, size))).toBe(files[name]!.oriented);
});

describe("resizeAndCrop", () => {
  test.each(resampled)("$width × $height: Pillow's bytes", ({ width, height, sha256: wanted }) => {
    expect(sha256(resizeAndCrop(counted(width, height), size, size))).toBe(wanted);
  });

  const side = fc.integer({ min: 1, max: 80 });
  const edges = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(20)).map(([cut, more]) => [cut + more, cut] as const);

  test("keeps one colour, whatever the sizes", () => {
    fc.assert(
      fc.property(side, side, edges, fc.nat(255), (width, height, [edge, cut], value) => {
        const picture = { data: new Uint8Array(width * height * 3).fill(value), width, height };
        const square = resizeAndCrop(picture, edge, cut);
        expect(square).toHaveLength(cut * cut * 3);
        expect(square.every((byte) => byte === value)).toBe(true);
      }),
    );
  });

  test("a picture on its head gives the square on its head", () => {
    const upended = (data: Uint8Array) => {
      const out = new Uint8Array(data.length);
      for (let i = 0; i < data.length; i += 3) out.set(data.subarray(i, i + 3), data.length - 3 - i);
      return out;
    };
    fc.assert(
      // An odd rest is cut off at the end, which the turn would put at the beginning.
      fc.property(side, side, fc.integer({ min: 1, max: 30 }), (width, height, edge) => {
        const longer = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
        fc.pre((longer - edge) % 2 === 0);
        const { data } = counted(width, height);
        const square = resizeAndCrop({ data, width, height }, edge, edge);
        const other = resizeAndCrop({ data: upended(data), width, height }, edge, edge);
        // A tap at the rim of the filter may round to the other side.
        expect(largestDifference(other, upended(square))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("a picture of the wanted size stays as it is", () => {
    fc.assert(
      fc.property(side, (length) => {
        const picture = counted(length, length);
        expect(Buffer.compare(resizeAndCrop(picture, length, length), picture.data)).toBe(0);
      }),
    );
  });
});

test.each([8, 16] as const)("what a TIFF has beside its inks is left out, of %d bits a sample", async (bits) => {
  const inks = [
    [10, 20, 30, 0],
    [200, 0, 0, 0],
    [0, 200, 0, 0],
    [0, 0, 200, 50],
  ];
  for (const options of [IGNORING, { ...IGNORING, stretch: 2 }]) {
    const plain = await decode(sharp, tiffOfInks(inks, bits), options);
    const more = await decode(
      sharp,
      tiffOfInks(
        inks.map((pixel) => [...pixel, 77]),
        bits,
      ),
      options,
    );
    expect([...plain.data]).toEqual([245, 235, 225, 55, 255, 255, 255, 55, 255, 205, 205, 44]);
    expect(more).toEqual(plain);
  }
});

describe("raw samples", () => {
  const rgb = counted(5, 4);

  test("an alpha channel is dropped", () => {
    const data = Uint8Array.from({ length: 80 }, (_, i) => (i % 4 === 3 ? i : rgb.data[(i >> 2) * 3 + (i % 4)]!));
    expect(toRgb({ data, width: 5, height: 4, channels: 4 })).toEqual(rgb);
  });

  test("grey is repeated", () => {
    const data = Uint8Array.from({ length: 20 }, (_, i) => 7 * i);
    const wanted = Uint8Array.from({ length: 60 }, (_, i) => 7 * Math.floor(i / 3));
    expect(toRgb({ data, width: 5, height: 4, channels: 1 }).data).toEqual(wanted);
  });
});

test("toTensor: planes of normalised values, in float32 steps", () => {
  const settings = { mean: [0.5, 0.25, 0], std: [0.5, 1, 2] } as const;
  const tensor = toTensor(Uint8Array.of(0, 51, 255, 255, 0, 51), settings);
  const float = Math.fround;
  expect([...tensor]).toEqual([-1, 1, float(float(51 / 255) - 0.25), -0.25, 0.5, float(float(51 / 255) / 2)]);
});

describe("a file that is not one", () => {
  const refused = (bytes: Uint8Array, problem: RegExp, maxPixels = 1e6) =>
    expect(decode(sharp, bytes, { maxPixels, orient: false })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      parameter: "image",
      message: expect.stringMatching(problem),
    });

  test.each([
    ["empty", "", /the file is empty/],
    ["text", "hello", /no JPEG, PNG/],
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', /no JPEG, PNG/],
    ["PDF", "%PDF-1.7\n", /no JPEG, PNG/],
    ["BMP", "BM\x46\0\0\0\0\0\0\0\x36\0\0\0", /no JPEG, PNG/],
    ["HEIC", "\0\0\0\x18ftypheic\0\0\0\0mif1heic", /no JPEG, PNG/],
    ["JPEG XL", "\0\0\0\x0cJXL \r\n\x87\n", /no JPEG, PNG/],
    ["JPEG 2000", "\0\0\0\x0cjP  \r\n\x87\n", /no JPEG, PNG/],
    ["only a signature", "\x89PNG\r\n\x1a\n", /PNG file cannot be decoded/],
    ["a JPEG's first bytes", "\xff\xd8\xff\xe0", /JPEG file cannot be decoded/],
  ])("%s", (_, text, problem) => refused(Buffer.from(text, "latin1"), problem));

  test.each([
    "jpeg-444.jpg",
    "jpeg-progressive.jpg",
    "jpeg-cmyk.jpg",
    "png-rgb.png",
    "png-interlaced.png",
    "png-16-grey.png",
    "webp-lossless.webp",
    "webp-lossy.webp",
    "webp-animated.webp",
    "gif.gif",
    "gif-animated.gif",
    "tiff.tif",
    "tiff-16-rgb.tif",
  ])("%s cut in half", (name) => {
    const bytes = read(name);
    return refused(bytes.subarray(0, bytes.length / 2), /cannot be decoded/);
  });

  // Files that claim a size and have no such data: a bomb would have it, in a few kilobytes.
  test.each<[string, (bytes: Buffer) => void, string]>([
    [
      "png-rgb.png",
      (bytes) => {
        bytes.writeUInt32BE(60_000, 16);
        bytes.writeUInt32BE(60_000, 20);
        bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
      },
      "60000 × 60000",
    ],
    ["gif.gif", (bytes) => bytes.writeUInt32LE(0x07d007d0, 6), "2000 × 2000"],
    [
      "jpeg-444.jpg",
      (bytes) => bytes.writeUInt32BE(0xea60ea60, bytes.indexOf("\xff\xc0", 0, "latin1") + 5),
      "60000 × 60000",
    ],
    ["webp-lossless.webp", (bytes) => bytes.writeUInt32LE(16_382 | (16_382 << 14), 21), "16383 × 16383"],
    [
      "tiff-16-rgb.tif",
      (bytes) => {
        bytes.writeUInt32LE(60_000, 18);
        bytes.writeUInt32LE(60_000, 30);
      },
      "60000 × 60000",
    ],
  ])("%s: more pixels than allowed, by the header alone", (name, claim, size) => {
    const bytes = read(name);
    claim(bytes);
    return refused(bytes, new RegExp(`${size} pixels are more than maxPixels \\(1000000\\)`));
  });

  test("one pixel more than allowed", async () => {
    await refused(read("png-rgb.png"), /97 × 61 pixels/, 97 * 61 - 1);
    expect(await decode(sharp, read("png-rgb.png"), { maxPixels: 97 * 61, orient: false })).toMatchObject({
      width: 97,
    });
  });
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
