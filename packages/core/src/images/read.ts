import { readFile, stat } from "node:fs/promises";
import { messageOf } from "../api/errors.js";
import { unusable } from "./unusable.js";

/** Reads a picture file of at most `maxBytes`. @throws BgeError `INVALID_INPUT` */
export function readImageFile(path: string, maxBytes: number): Promise<Uint8Array> {
  return withImageFile(path, maxBytes, () => readFile(path));
}

/** Runs a body that reads a picture file of at most `maxBytes`. @throws BgeError `INVALID_INPUT` for what cannot be read */
export async function withImageFile<T>(
  path: string,
  maxBytes: number,
  body: (bytes: number) => Promise<T>,
): Promise<T> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw unusable(`${path} is not a file`);
    checkBytes(found.size, maxBytes);
    return await body(found.size);
  } catch (error) {
    if (error instanceof Error && error.name === "BgeError") throw error;
    throw unusable(`it cannot be read: ${messageOf(error)}`, error);
  }
}

export function checkBytes(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw unusable(`its ${bytes} bytes are more than maxBytes (${maxBytes})`);
}
