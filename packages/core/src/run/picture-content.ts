import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { ImageInput, PictureOptions } from "../api/multimodal.js";
import { turn } from "../clock.js";
import { toPicture } from "../images/input.js";
import { withContent } from "../images/known-content.js";
import { withImageFile } from "../images/read.js";
import { imagePolicy } from "../model/multimodal-options.js";

/** A picture by its content, for who keeps its vector. */
export interface PictureContent {
  /** SHA-256 of its bytes, or of its samples and their shape, in hex. */
  readonly hash: string;
  /** The same picture, to be embedded. */
  readonly image: ImageInput;
}

/**
 * A file or a download of at most so many bytes is embedded from memory. A larger one is read again, since many inputs are in flight, and
 * refused if it is another by then: the vector is that of what was hashed.
 */
const HELD_BYTES = 2 * 2 ** 20;
/** Bytes read and hashed per turn of the event loop, in less than a millisecond. */
const PIECE = 2 ** 18;

/**
 * Reads a picture once, without decoding it. Its size is limited as by the model with these options.
 *
 * @throws BgeError `INVALID_INPUT`, `DOWNLOAD_FAILED`
 */
export async function pictureContent(
  given: ImageInput,
  options: PictureOptions,
  signal?: AbortSignal,
  isAllowed?: (address: string) => boolean,
): Promise<PictureContent> {
  const { limits, urls } = imagePolicy(options);
  const { maxBytes } = limits;
  const picture = toPicture(given, urls !== undefined);
  try {
    switch (picture.form) {
      case "file": {
        const { path } = picture;
        return await withImageFile(path, maxBytes, async (size) => {
          if (size > HELD_BYTES) return again(pathToFileURL(path), await hashOfFile(path, signal));
          const bytes = await readFile(path);
          return { hash: await hashOf(bytes, "", signal), image: bytes };
        });
      }
      case "bytes":
        return { hash: await hashOf(picture.bytes, "", signal), image: given };
      case "samples": {
        const { data, width, height, channels } = picture;
        return { hash: await hashOf(data, `${width}x${height}x${channels}:`, signal), image: given };
      }
      case "url": {
        // Imported late: a file needs no HTTP code.
        const { downloadImage } = await import("../images/download.js");
        const bytes = await downloadImage(picture.url, { ...urls!, maxBytes, signal }, isAllowed);
        const hash = await hashOf(bytes, "", signal);
        return bytes.length > HELD_BYTES ? again(new URL(picture.url), hash) : { hash, image: bytes };
      }
    }
  } catch (error) {
    // What an abort interrupts is no fault of the picture.
    signal?.throwIfAborted();
    throw error;
  }
}

function again(address: URL, hash: string): PictureContent {
  return { hash, image: withContent(address, hash) };
}

async function hashOfFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    signal?.throwIfAborted();
    hash.update(piece as Buffer);
  }
  return hash.digest("hex");
}

async function hashOf(
  bytes: Uint8Array | Uint8ClampedArray,
  shape: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash("sha256").update(shape);
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (at > 0) await turn();
    signal?.throwIfAborted();
    hash.update(bytes.subarray(at, at + PIECE));
  }
  return hash.digest("hex");
}
