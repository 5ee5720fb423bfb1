import { createHash } from "node:crypto";
import type { ImageInput } from "../api/multimodal.js";
import { unusable } from "./unusable.js";

const known = new WeakMap<object, string>();

/** Marks an address as that of bytes with this SHA-256, in hex: whatever else is there when they are read again is refused. */
export function withContent(address: URL, sha256: string): URL {
  known.set(address, sha256);
  return address;
}

export function contentOf(image: ImageInput): string | undefined {
  return typeof image === "object" ? known.get(image) : undefined;
}

/** Checks bytes that were read again. @throws BgeError `INVALID_INPUT` for others */
export function checkContent(bytes: Uint8Array, sha256: string): void {
  if (createHash("sha256").update(bytes).digest("hex") === sha256) return;
  throw unusable("it was replaced by another while it was being embedded. Try again");
}
