import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import { corruptFile, isRecord, readJson } from "./json-file.js";
import { isSafePath } from "./names.js";

/** A sentence-transformers module: its class, and its folder inside the model's. */
export interface Module {
  readonly type: string;
  readonly path: string;
}

/** sentence-transformers' own classes, under their names in all releases. Other classes may do anything. */
const KNOWN = /^sentence_transformers\.(?:\w+\.)*(Transformer|Pooling|Normalize|Dropout)$/;

/** Reads `modules.json`: the modules in the order they run, none if there is no file. @throws BgeError `MODEL_CORRUPT` */
export function readModules(directory: string): readonly Module[] {
  const file = join(directory, "modules.json");
  const modules = readJson(file) ?? [];
  const isModule = (value: unknown) =>
    isRecord(value) && typeof value["type"] === "string" && typeof value["path"] === "string";
  if (!Array.isArray(modules) || !modules.every(isModule)) {
    throw corruptFile(file, "it is not a list of modules with type and path");
  }
  for (const { path } of modules as Module[]) {
    if (path !== "" && !isSafePath(path))
      throw corruptFile(file, `the path ${JSON.stringify(path)} leads out of the model's folder`);
  }
  return modules as Module[];
}

/** Returns a module's class name, or `undefined` if it is not supported. */
export function moduleName({ type }: Module): string | undefined {
  return KNOWN.exec(type)?.[1];
}

/**
 * Returns the folder of `config.json` and the tokenizer, as a path inside the model's folder: usually `""`, but `0_Transformer` in
 * models saved by old sentence-transformers releases.
 */
export function transformerPath(directory: string): string {
  const [first] = readModules(directory);
  return first !== undefined && moduleName(first) === "Transformer" ? first.path : "";
}

/** Returns the error for something a folder declares that this release does not support. */
export function unsupported(directory: string, what: string): BgeError {
  return new BgeError(
    "UNSUPPORTED_MODEL",
    `The model in ${directory} needs something this release does not support: ${what}.`,
  );
}
