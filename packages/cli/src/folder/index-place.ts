import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { makeFolder } from "@bge-js/core/adapter";
import { CommandError } from "../exit.js";
import type { Root } from "./walk.js";

/** The folder of an index inside the folder that is searched. Its name is hidden, so it is never searched itself. */
const USUAL = ".bge";
/** Raised when the same files would make other passages. */
const FORMAT = 1;

/** Where an index is kept. */
export interface IndexPlace {
  /** The retriever's folder. */
  readonly store: string;
  readonly manifest: string;
  /** Held by the process that keeps the index up to date. */
  readonly lock: string;
}

/**
 * Returns the place of the index of these roots with this model, in a folder that exists then: in `given`, else in `.bge` of the
 * first root. Moving a folder with its index keeps the index.
 */
export async function indexPlace(
  roots: readonly Root[],
  given: string | undefined,
  model: string,
): Promise<IndexPlace> {
  const base = given === undefined ? join(roots[0]!.directory, USUAL) : resolve(given);
  const from = roots.map(({ name, directory }) => [name, relative(base, directory).split(sep).join("/")]);
  const key = createHash("sha256")
    .update(JSON.stringify([FORMAT, model, from]))
    .digest("hex")
    .slice(0, 12);
  const place = join(base, key);
  try {
    await makeFolder(place);
    // An index in a repository is nothing to commit.
    if (given === undefined) await writeFile(join(base, ".gitignore"), "*\n", { flag: "wx" }).catch(ignoreExisting);
  } catch (error) {
    throw notKept(base, error);
  }
  return { store: join(place, "store"), manifest: join(place, "files.json"), lock: join(place, "keeper.lock") };
}

/** What to say where the system refuses to. */
export function notKept(folder: string, error: unknown): CommandError {
  const advice = "Choose another folder with --index DIR, or keep nothing with --no-index";
  return new CommandError(`cannot keep an index in ${folder}: ${(error as Error).message}. ${advice}`);
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
