import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
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

/** A picture, or a folder, that is not searched. */
export interface LeftOut {
  /** In the folder, with `/`. */
  readonly name: string;
  readonly reason: string;
}

export interface Pictures {
  /** Sorted by name. */
  readonly pictures: readonly Picture[];
  readonly leftOut: readonly LeftOut[];
}

const PICTURE_FILE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;
/** Pictures that cannot be read: who has them in the folder should know. Other files are none of ours. */
const OTHER_PICTURE = /\.(heic|heif|bmp|jxl|jp2|psd|svg|dng|cr[23]|nef|arw|raf|orf|rw2)$/i;

/** Finds the pictures in a folder. */
export async function findPictures(folder: string, signal: AbortSignal): Promise<Pictures> {
  const leftOut: LeftOut[] = [];
  const nameOf = (path: string) => relative(folder, path).split(sep).join("/");
  const leave = (path: string, reason: string) => leftOut.push({ name: nameOf(path), reason });
  const pictures: Picture[] = [];
  for (const path of (await listFolder(folder, folder, leave)).sort()) {
    signal.throwIfAborted();
    if (PICTURE_FILE.test(path)) {
      const hash = await hashOf(path).catch(
        (error: unknown) => void leave(path, `cannot be read: ${messageOf(error)}`),
      );
      if (hash !== undefined) pictures.push({ path, name: nameOf(path), hash });
    } else leave(path, `${extname(path)} files are not read: convert it to JPEG or PNG`);
  }
  if (pictures.length > 0) return { pictures, leftOut };
  const others = leftOut.length === 0 ? "" : `; left out: ${leftOut[0]!.name}: ${leftOut[0]!.reason}`;
  throw new DemoError(`no picture (.jpg, .png, .webp, .gif, .tif, .avif) in ${folder}${others}`);
}

async function listFolder(
  folder: string,
  top: string,
  leave: (path: string, reason: string) => void,
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (folder === top) throw new DemoError(`cannot read ${folder}: ${messageOf(error)}`);
    leave(folder, `cannot be read: ${messageOf(error)}`);
    return [];
  });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return listFolder(path, top, leave);
    return entry.isFile() && (PICTURE_FILE.test(entry.name) || OTHER_PICTURE.test(entry.name)) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Of a file that is read in pieces: it may be large. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
