import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, posix, sep } from "node:path";
import { BgeError } from "../api/errors.js";
import type { ModelSource } from "../api/model.js";
import { cachedCommit, repositoryOf, snapshotOf, whyUnreadable } from "./cache.js";
import { hubCacheDirectory } from "./environment.js";
import { isModelId } from "./names.js";
import { externalData } from "./needed.js";

/** A folder where a model may be, or the reason there is none. */
export interface Place {
  readonly from: ModelSource["from"];
  readonly directory?: string;
  readonly reason?: string;
}

/** Lists the files in a folder, its `onnx/`, and its modules' folders with theirs, as paths with `/`. */
export function filesIn(directory: string): string[] {
  const namesIn = (folder: string) => {
    try {
      return readdirSync(join(directory, folder)).map((name) => posix.join(folder, name));
    } catch {
      // Missing, or not a folder.
      return [];
    }
  };
  const top = namesIn("");
  const modules = top.filter((name) => /^\d+_/.test(name));
  return [...top, ...["onnx", ...modules, ...modules.map((name) => `${name}/onnx`)].flatMap(namesIn)];
}

/** Lists the graphs in a folder, whatever their names. */
export function graphsIn(directory: string): string[] {
  return filesIn(directory).filter((path) => path.endsWith(".onnx"));
}

/** Returns the first of these cached files that a link leads out of the cache, which no hub download does. */
export function leadsOut(directory: string, names: readonly string[]): string | undefined {
  const cache = `${realpathSync(hubCacheDirectory())}${sep}`;
  return names
    .map((name) => join(directory, name))
    .find((file) => existsSync(file) && !realpathSync(file).startsWith(cache));
}

export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json"];

/** Lists the files a folder lacks to run this graph, each with the reason if it exists but cannot be read. */
export function missingFiles(directory: string, graph: string, transformer = ""): string[] {
  return [graph, ...TOKENIZER_FILES.map((name) => join(transformer, name))]
    .map((name) => join(directory, name))
    .filter((file) => !existsSync(file))
    .map((file) => {
      const reason = whyUnreadable(file);
      return reason === undefined ? file : `${file} (${reason})`;
    });
}

/** Returns the size of a graph and its external data in bytes. */
export function weightBytes(file: string): number {
  return weightFiles(file).reduce((sum, one) => sum + statSync(one).size, 0);
}

/** Lists a graph and its external data files, which are in the same folder. */
export function weightFiles(file: string): string[] {
  const folder = dirname(file);
  // Only the innermost folder's name decides what is data.
  const paths = readdirSync(folder).map((name) => posix.join(basename(folder), name));
  const data = externalData(posix.join(basename(folder), basename(file)), paths)
    .map((path) => join(folder, posix.basename(path)))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return [file, ...data].sort();
}

const OURS = "bge-js/";

/**
 * True for models we trained ourselves, which only come in npm packages. On the hub, whoever holds that name decides what it means, so
 * they are never requested there or taken from the cache.
 */
export function isOurs(id: string): boolean {
  return id.startsWith(OURS);
}

/** Models with an npm package. */
const PACKAGED = new Set(["BAAI/bge-small-en-v1.5", "BAAI/bge-small-zh-v1.5", "bge-js/reranker-small-en"]);

/** Returns the npm package to install for a model, if there is one. */
export function packageOf(id: string): string | undefined {
  return PACKAGED.has(id) ? packageName(id) : undefined;
}

/** Returns what the npm package of a model by BAAI or us is called, or would be: a later release may have more. */
export function packageName(id: string): string | undefined {
  const prefix = ["BAAI/", OURS].find((name) => id.startsWith(name));
  return prefix !== undefined && isModelId(id) ? `@bge-js/model-${id.slice(prefix.length)}` : undefined;
}

const NO_PACKAGE = "no model package exists for ";

/**
 * Finds the installed model package, from the application first, because a strict node_modules layout hides its packages from us.
 * From the working folder only after that: a folder that a program is run in must not bring models of its own.
 */
export function packagePlace(id: string): Place {
  const name = packageName(id);
  if (name === undefined) return { from: "package", reason: NO_PACKAGE + id };
  // Each may be missing: `node -e` has no program, and the working folder may be gone.
  const bases = [() => process.argv[1]!, () => join(process.cwd(), "package.json"), () => import.meta.url];
  for (const base of bases) {
    try {
      return {
        from: "package",
        directory: join(dirname(createRequire(base()).resolve(`${name}/package.json`)), "model"),
      };
    } catch {
      // Not visible from there.
    }
  }
  const reason = PACKAGED.has(id) ? `package ${name} is not installed` : NO_PACKAGE + id;
  return { from: "package", reason };
}

/** Finds a revision's snapshot in the local Hugging Face cache, in huggingface_hub's layout. */
export function cachePlace(id: string, revision = "main"): Place {
  let repository: string;
  try {
    repository = repositoryOf(id);
  } catch (error) {
    // Without a home folder there is no cache, but a model package needs none.
    if (!(error instanceof BgeError && error.parameter === "HF_HOME")) throw error;
    return { from: "cache", reason: error.message.replace(/\.$/, "") };
  }
  const commit = cachedCommit(repository, revision);
  if (commit !== undefined) return { from: "cache", directory: snapshotOf(repository, commit) };
  const ref = join(repository, "refs", revision);
  return { from: "cache", reason: whyUnreadable(ref) ?? `no ${ref}` };
}
