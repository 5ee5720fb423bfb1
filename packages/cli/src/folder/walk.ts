import { type Dirent, lstat, type Stats } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Ignored, isPassedOver, withRulesOf } from "./ignored.js";
import { type Kind, kindOf, largestMegabytes } from "./kinds.js";

/** A folder to search, and the name its files' paths begin with: `""` if it is the only one. */
export interface Root {
  readonly name: string;
  /** Absolute, without links. */
  readonly directory: string;
}

/** A file to read. */
export interface FoundFile {
  /** With `/`, from the root's name. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  readonly kind: Kind;
  readonly size: number;
  readonly mtimeMs: number;
}

/** What was left aside, and not by the user's own rules. */
export interface Aside {
  /** Files whose names say that they are no text. */
  otherTypes: number;
  /** Links are not followed: they may lead out of the folder, or in circles. */
  links: number;
  /** Files over the limit, with what it is. */
  readonly large: string[];
  /** What could not be read, with the reason. */
  readonly unreadable: string[];
  /** Files of which a part could not be read, with the reason. */
  readonly partly: string[];
}

export function nothingAside(): Aside {
  return { otherTypes: 0, links: 0, large: [], unreadable: [], partly: [] };
}

/** What is ignored in a folder. */
export interface FolderRules {
  /** Whether what has this name is ignored, by the rules of the folder and those above it. */
  isIgnored(name: string, isFolder: boolean): boolean;
  /** The folder's own rules. */
  readonly text: string;
}

/**
 * Yields the files to read in a folder and those below it, in the order of their names.
 *
 * @param rules gets those of each folder, by its absolute path
 */
export async function* walk(
  { name, directory }: Root,
  aside: Aside,
  rules: Map<string, FolderRules>,
): AsyncGenerator<FoundFile, void, undefined> {
  yield* walkFolder(directory, "", () => false, name === "" ? "" : `${name}/`, aside, rules);
}

async function* walkFolder(
  directory: string,
  inside: string,
  above: Ignored,
  prefix: string,
  aside: Aside,
  rules: Map<string, FolderRules>,
): AsyncGenerator<FoundFile, void, undefined> {
  let entries: Dirent[];
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    aside.unreadable.push(`${`${prefix}${inside}` || directory}: ${(error as Error).message}`);
    return;
  }
  const { ignored, text } = await withRulesOf(directory, inside, above);
  const isIgnored: FolderRules["isIgnored"] = (name, isFolder) => ignored(`${inside}${name}${isFolder ? "/" : ""}`);
  rules.set(directory, { isIgnored, text });
  // File systems give them in orders of their own.
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const left = entries.filter((entry) => !isPassedOver(entry.name) && !isIgnored(entry.name, entry.isDirectory()));
  aside.links += left.filter((entry) => entry.isSymbolicLink()).length;
  // All at once: most of the time is the system's.
  const found = left.map((entry) =>
    entry.isFile() ? toFound(join(directory, entry.name), `${prefix}${inside}${entry.name}`, aside) : undefined,
  );
  for (const [index, entry] of left.entries()) {
    const file = await found[index];
    if (file !== undefined) yield file;
    if (entry.isDirectory()) {
      yield* walkFolder(join(directory, entry.name), `${inside}${entry.name}/`, ignored, prefix, aside, rules);
    }
  }
}

/** In half the time that `node:fs/promises` takes for it, which counts where there are thousands. */
const statsOf = promisify(lstat);

async function toFound(file: string, path: string, aside: Aside): Promise<FoundFile | undefined> {
  const kind = kindOf(path.slice(path.lastIndexOf("/") + 1));
  if (kind === undefined) {
    aside.otherTypes++;
    return undefined;
  }
  let stats: Stats;
  try {
    stats = await statsOf(file);
  } catch (error) {
    const reason = path.includes("\ufffd") ? "its name is not UTF-8" : (error as Error).message;
    aside.unreadable.push(`${path}: ${reason}`);
    return undefined;
  }
  const most = largestMegabytes(kind);
  if (stats.size > most * 2 ** 20) {
    aside.large.push(`${path} is over ${most} MB, and was passed over`);
    return undefined;
  }
  return { path, file, kind, size: stats.size, mtimeMs: stats.mtimeMs };
}
