import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, posix, sep } from "node:path";
import { BgeError } from "../api/errors.js";
import type { ModelSource } from "../api/model.js";
import { cachedCommit, repositoryOf, snapshotOf, whyUnreadable } from "./cache.js";
import { hubCacheDirectory } from "./environment.js";
import { isModelId } from "./names.js";
import { externalData } from "./needed.js";

/** A folder where a model may be, or the reason why there is none. */
export interface Place {
  readonly from: ModelSource["from"];
  readonly directory?: string;
  readonly reason?: string;
}

/** The files of a folder, of its `onnx/`, and of the folders of its modules with theirs, as paths with `/`. */
export function filesIn(directory: string): string[] {
  const namesIn = (folder: string) => {
    try {
      return readdirSync(join(directory, folder)).map((name) => posix.join(folder, name));
    } catch {
      // It is not there, or no folder.
      return [];
    }
  };
  const top = namesIn("");
  const modules = top.filter((name) => /^\d+_/.test(name));
  return [...top, ...["onnx", ...modules, ...modules.map((name) => `${name}/onnx`)].flatMap(namesIn)];
}

/** The graphs of a folder, under whatever names. */
export function graphsIn(directory: string): string[] {
  return filesIn(directory).filter((path) => path.endsWith(".onnx"));
}

/** The first of these files of the cache that a link leads out of it: what hubs give never does. */
export function leadsOut(directory: string, names: readonly string[]): string | undefined {
  const cache = `${realpathSync(hubCacheDirectory())}${sep}`;
  return names
    .map((name) => join(directory, name))
    .find((file) => existsSync(file) && !realpathSync(file).startsWith(cache));
}

export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json"];

/** The files that a folder lacks to run this graph, each with the reason where it may be there. */
export function missingFiles(directory: string, graph: string, transformer = ""): string[] {
  return [graph, ...TOKENIZER_FILES.map((name) => join(transformer, name))]
    .map((name) => join(directory, name))
    .filter((file) => !existsSync(file))
    .map((file) => {
      const reason = whyUnreadable(file);
      return reason === undefined ? file : `${file} (${reason})`;
    });
}

/** Bytes of a graph and of its external data. */
export function weightBytes(file: string): number {
  return weightFiles(file).reduce((sum, one) => sum + statSync(one).size, 0);
}

/** A graph and the files of its external data, which lie beside it. */
export function weightFiles(file: string): string[] {
  const folder = dirname(file);
  // Only the last folder's name counts for what is data in it.
  const paths = readdirSync(folder).map((name) => posix.join(basename(folder), name));
  const data = externalData(posix.join(basename(folder), basename(file)), paths)
    .map((path) => join(folder, posix.basename(path)))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return [file, ...data].sort();
}

const OURS = "bge-js/";

/**
 * Models that we trained ourselves come in npm packages alone. On the hub, whoever holds this name there would decide what it means: it is
 * never asked for them, and what a cache has under their names is not used.
 */
export function isOurs(id: string): boolean {
  return id.startsWith(OURS);
}

/** npm package that carries a model of the BAAI organisation, or one of ours. */
export function packageName(id: string): string | undefined {
  const prefix = ["BAAI/", OURS].find((name) => id.startsWith(name));
  return prefix !== undefined && isModelId(id) ? `@bge-js/model-${id.slice(prefix.length)}` : undefined;
}

/** The installed model package, looked for from the application first, since strict node_modules hide its packages from us. */
export function packagePlace(id: string): Place {
  const name = packageName(id);
  if (name === undefined) return { from: "package", reason: `no model package exists for ${id}` };
  // Each may be missing: who runs `node -e` has no program, and a working folder may be gone.
  const bases = [() => join(process.cwd(), "package.json"), () => process.argv[1]!, () => import.meta.url];
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
  return { from: "package", reason: `package ${name} is not installed` };
}

/** The snapshot that a revision names in the local Hugging Face cache, as Python's huggingface_hub lays it out. */
export function cachePlace(id: string, revision = "main"): Place {
  let repository: string;
  try {
    repository = repositoryOf(id);
  } catch (error) {
    // Without a home there is no cache; a model package does without.
    if (!(error instanceof BgeError && error.parameter === "HF_HOME")) throw error;
    return { from: "cache", reason: error.message.replace(/\.$/, "") };
  }
  const commit = cachedCommit(repository, revision);
  if (commit !== undefined) return { from: "cache", directory: snapshotOf(repository, commit) };
  const ref = join(repository, "refs", revision);
  return { from: "cache", reason: whyUnreadable(ref) ?? `no ${ref}` };
}
