import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { DemoError, messageOf } from "../demo/errors.js";

/** A picture file. */
export interface Picture {
  /** Absolute. */
  readonly path: string;
  /** In the folder, with `/`. */
  readonly name: string;
  /** SHA-256 of its bytes: a picture that was moved is the same. */
  readonly hash: string;
}

const PICTURE_FILE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** Finds the pictures in a folder, sorted by name. */
export async function findPictures(folder: string, signal: AbortSignal): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const path of (await listFolder(folder)).sort()) {
    signal.throwIfAborted();
    pictures.push({ path, name: relative(folder, path).split(sep).join("/"), hash: await hashOf(path) });
  }
  if (pictures.length === 0) throw new DemoError(`no picture (.jpg, .png, .webp, .gif, .tif, .avif) in ${folder}`);
  return pictures;
}

async function listFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new DemoError(`cannot read ${folder}: ${messageOf(error)}`);
  });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return listFolder(path);
    return entry.isFile() && PICTURE_FILE.test(entry.name) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Of a file that is read in pieces: it may be large. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  } catch (error) {
    throw new DemoError(`cannot read ${path}: ${messageOf(error)}`);
  }
  return hash.digest("hex");
}
