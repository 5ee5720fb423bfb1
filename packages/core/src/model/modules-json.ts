import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import { corruptFile, isRecord, readJson } from "./json-file.js";
import { isSafePath } from "./names.js";

/** One of sentence-transformers' modules: a class, and a folder inside the model's. */
export interface Module {
  readonly type: string;
  readonly path: string;
}

/** Its own classes alone, under the names of all releases: a class of somebody else's may do anything. */
const KNOWN = /^sentence_transformers\.(?:\w+\.)*(Transformer|Pooling|Normalize|Dropout)$/;

/** The modules of `modules.json`, in the order in which they run; none without that file. */
export function readModules(directory: string): readonly Module[] {
  const file = join(directory, "modules.json");
  const modules = readJson(file) ?? [];
  const isModule = (value: unknown) =>
    isRecord(value) && typeof value["type"] === "string" && typeof value["path"] === "string";
  if (!Array.isArray(modules) || !modules.every(isModule)) {
    throw corruptFile(file, "it is no list of modules with their types and paths");
  }
  for (const { path } of modules as Module[]) {
    if (path !== "" && !isSafePath(path)) throw corruptFile(file, `the path ${JSON.stringify(path)} leads out of it`);
  }
  return modules as Module[];
}

/** What a module is; `undefined` for one that cannot be run. */
export function moduleName({ type }: Module): string | undefined {
  return KNOWN.exec(type)?.[1];
}

/**
 * The folder inside a model's, as a path in it, that holds `config.json` and the tokenizer: `""`, for all is in one folder, but
 * `0_Transformer` where an old sentence-transformers saved the model.
 */
export function transformerPath(directory: string): string {
  const [first] = readModules(directory);
  return first !== undefined && moduleName(first) === "Transformer" ? first.path : "";
}

/** The error for what a folder declares and this release does not have. */
export function unsupported(directory: string, what: string): BgeError {
  return new BgeError("UNSUPPORTED_MODEL", `The model in ${directory} needs what this release does not have: ${what}.`);
}
