import { rename, rm, writeFile } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { DemoError, messageOf } from "../demo/errors.js";
import { contactSheet, type Sheet, type Shown } from "./contact-sheet.js";
import { previewOf } from "./previews.js";

interface File {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** What goes on the page, before there are previews. */
export interface Page extends Omit<Sheet, "found" | "like"> {
  readonly like: File | undefined;
  readonly found: readonly (File & { readonly score: number })[];
}

/** Writes the contact sheet into a folder, and returns its path. */
export async function writePage(folder: string, page: Page, signal: AbortSignal): Promise<string> {
  // One by one: a large picture takes memory while it is decoded.
  const found: Sheet["found"][number][] = [];
  for (const { score, ...file } of page.found) {
    signal.throwIfAborted();
    found.push({ ...(await toShown(folder, file)), score });
  }
  const like = page.like === undefined ? undefined : await toShown(folder, page.like);
  const path = join(folder, "found.html");
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, contactSheet({ ...page, found, like }));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw new DemoError(`cannot write ${path}: ${messageOf(error)}`);
  }
  return path;
}

async function toShown(folder: string, { name, path }: File): Promise<Shown> {
  return { name, href: addressOf(path, folder), preview: await previewOf(path) };
}

/** Returns the address of a file from a page in `folder`: relative, so that both can move together, unless it is on another drive. */
export function addressOf(path: string, folder: string): string {
  const way = relative(folder, path);
  if (isAbsolute(way)) return pathToFileURL(path).href;
  // A name may hold a colon, which after `./` is no scheme.
  return `./${way.split(sep).map(encodeURIComponent).join("/")}`;
}
