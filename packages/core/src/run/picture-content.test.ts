import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { hasLoopback } from "../../../../test/support/loopback.js";
import type { PictureOptions } from "../api/multimodal.js";
import { toPicture } from "../images/input.js";
import { pictureContent } from "./picture-content.js";

const OPTIONS: PictureOptions = { maxBytes: 3e6, maxPixels: 1e6, orientation: "ignore", allowUrls: false };
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("a picture is known by its content, wherever that is", async () => {
  const folder = folderOf({ "a.png": "content" });
  const path = join(folder, "a.png");
  for (const image of [path, pathToFileURL(path), pathToFileURL(path).href]) {
    expect(await pictureContent(image, OPTIONS)).toEqual({ hash: sha256("content"), image: Buffer.from("content") });
  }
  // A large one is read again.
  const large = join(folder, "large.png");
  writeFileSync(large, Buffer.alloc(2.5e6, 7));
  const hash = sha256(Buffer.alloc(2.5e6, 7));
  const { image, ...rest } = await pictureContent(large, OPTIONS);
  expect([image, rest]).toEqual([pathToFileURL(large), { hash }]);
  expect(toPicture(image, false)).toEqual({ form: "file", path: large, sha256: hash });
  const bytes = Buffer.from("content");
  expect(await pictureContent(bytes, OPTIONS)).toEqual({ hash: sha256("content"), image: bytes });
  const long = new Uint8Array(1e6).fill(7);
  expect((await pictureContent(long, OPTIONS)).hash).toBe(sha256(long));
});

test("samples are known by their shape too", async () => {
  const data = new Uint8Array(12);
  const shapes = [
    [2, 2, 3],
    [4, 1, 3],
    [1, 4, 3],
    [12, 1, 1],
    [3, 1, 4],
  ] as const;
  const hashes = await Promise.all(
    shapes.map(async ([width, height, channels]) => {
      const { hash } = await pictureContent({ data, width, height, channels }, OPTIONS);
      return hash;
    }),
  );
  expect(new Set([...hashes, sha256(data)]).size).toBe(6);
  const clamped = { data: new Uint8ClampedArray(12), width: 2, height: 2, channels: 3 } as const;
  expect((await pictureContent(clamped, OPTIONS)).hash).toBe(hashes[0]);
});

test("an abort ends it with its reason, and is no fault of the picture", async () => {
  const path = join(folderOf({ "a.png": "content" }), "a.png");
  const signal = AbortSignal.abort(new Error("enough"));
  for (const image of [path, Buffer.from("content"), "/no/such/file"]) {
    await expect(pictureContent(image, OPTIONS, signal)).rejects.toThrow("enough");
  }
});

test("what the model would refuse is refused, as there", async () => {
  const folder = folderOf({ "a.png": "x".repeat(2000) });
  const small = { ...OPTIONS, maxBytes: 1000 };
  for (const [image, problem] of [
    [join(folder, "a.png"), /2000 bytes are more than maxBytes \(1000\)/],
    [folder, /is not a file/],
    [join(folder, "none"), /ENOENT/],
    ["https://example.org/a.png", /URLs are off/],
  ] as const) {
    await expect(pictureContent(image, small)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(problem),
    });
  }
  await expect(pictureContent("http://127.0.0.1/a.png", { ...OPTIONS, allowUrls: true })).rejects.toThrow(
    /not a public address/,
  );
});

test.skipIf(!hasLoopback)("a small download is passed on, and a large one is left to be downloaded again", async () => {
  const sizes: Readonly<Record<string, number>> = { "/small": 1000, "/large": 2.5 * 2 ** 20 };
  const server = createServer(({ url = "" }, answer) => answer.end(Buffer.alloc(sizes[url]!, 1))).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const get = (path: string) => pictureContent(base + path, { ...OPTIONS, allowUrls: true }, undefined, () => true);
  try {
    const small = Buffer.alloc(1000, 1);
    expect(await get("/small")).toEqual({ hash: sha256(small), image: small });
    const hash = sha256(Buffer.alloc(2.5 * 2 ** 20, 1));
    const large = await get("/large");
    expect(large).toEqual({ hash, image: new URL(`${base}/large`) });
    expect(toPicture(large.image, true)).toEqual({ form: "url", url: new URL(`${base}/large`), sha256: hash });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
