import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { listed } from "../api/errors.js";
import type { ImageInput, MultimodalInput, RawImage } from "../api/multimodal.js";
import { isUrl } from "../checks.js";
import type { SentImage } from "../protocol.js";
import { contentOf } from "./known-content.js";
import { unusable } from "./unusable.js";

/** A picture to send to a worker, or to download first. */
export type Picture = SentImage | { readonly form: "url"; readonly url: URL; readonly sha256?: string };

/** Returns where a picture comes from. Reads nothing. @throws BgeError `INVALID_INPUT` */
export function toPicture(image: ImageInput, allowsUrls: boolean): Picture {
  if (typeof image === "string") return ofString(image, allowsUrls);
  if (isUrl(image)) {
    const sha256 = contentOf(image);
    return { ...ofUrl(image, allowsUrls), ...(sha256 !== undefined && { sha256 }) };
  }
  if (types.isUint8Array(image)) return { form: "bytes", bytes: whole(image) };
  if (typeof image === "object" && image !== null && "data" in image) return ofSamples(image as RawImage);
  throw unusable("it must be a path, a URL, a Uint8Array or { data, width, height, channels }");
}

const FIELDS = ["text", "image", "instruction"];

/** Returns what keeps an input from being used before anything is read: not even its file. */
export function checkInput(input: MultimodalInput): void {
  if (typeof input !== "object" || input === null)
    throw unusable(`the input must be { text?, image? }, not ${typeof input}`);
  const unknown = Object.keys(input).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw unusable(`the input has a field ${unknown}; it may have ${listed(FIELDS)}`);
  if (input.text === undefined && input.image === undefined) throw unusable("the input has neither text nor image");
}

function ofString(text: string, allowsUrls: boolean): Picture {
  if (text === "") throw unusable("its path is empty");
  if (/^data:/i.test(text)) throw unusable('data: URLs are not read; pass the bytes, Buffer.from(base64, "base64")');
  if (/^(https?|file):/i.test(text)) {
    if (!URL.canParse(text)) throw unusable("its URL cannot be parsed");
    return ofUrl(new URL(text), allowsUrls);
  }
  if (text.includes("\0")) throw unusable("its path holds a null character");
  return { form: "file", path: resolve(text) };
}

function ofUrl(url: URL, allowsUrls: boolean): Extract<Picture, { form: "file" | "url" }> {
  if (url.protocol === "file:") {
    try {
      return { form: "file", path: fileURLToPath(url.href) };
    } catch (cause) {
      throw unusable("its file: URL is not of this machine", cause);
    }
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw unusable(`${url.protocol} URLs are not read`);
  if (!allowsUrls) throw unusable("URLs are off; see the option allowUrls of loadMultimodalEmbedder");
  return { form: "url", url: new URL(url.href) };
}

function ofSamples({ data, width, height, channels }: RawImage): SentImage {
  if (!types.isUint8Array(data) && !types.isUint8ClampedArray(data)) throw unusable("data must be a Uint8Array");
  for (const [name, size] of Object.entries({ width, height })) {
    if (!Number.isSafeInteger(size) || size < 1) throw unusable(`${name} must be an integer of at least 1`);
  }
  if (![1, 3, 4].includes(channels)) throw unusable("channels must be 1, 3 or 4");
  const wanted = width * height * channels;
  if (data.length !== wanted) {
    throw unusable(`data has ${data.length} bytes; ${width} × ${height} pixels of ${channels} channels are ${wanted}`);
  }
  return { form: "samples", data: whole(data), width, height, channels };
}

/** A message copies an array's whole buffer: a part of a larger one is copied before. So is memory that others may change. */
function whole<T extends Uint8Array | Uint8ClampedArray>(array: T): T {
  const { buffer } = array;
  return array.byteLength === buffer.byteLength && !types.isSharedArrayBuffer(buffer) ? array : (array.slice() as T);
}
