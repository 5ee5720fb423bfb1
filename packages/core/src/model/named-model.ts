import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BgeError, clipped, invalid, shown } from "../api/errors.js";
import type { ModelReference } from "../api/model.js";
import { isUrl } from "../checks.js";
import type { Facts } from "./facts.js";
import { checkReference } from "./facts.js";
import { isModelId } from "./names.js";
import { DEFAULT_EMBEDDER, findModel } from "./table.js";
import { absolutePath } from "./working-folder.js";

/** Returns a model as an object, however it was passed. Ids are not looked up. @throws BgeError `INVALID_OPTION` */
export function toReference(model: string | URL | ModelReference | undefined): NamedModel {
  if (model === undefined) return { id: DEFAULT_EMBEDDER };
  if (typeof model === "string") return isFolder(model) ? { directory: model } : checkedId(model);
  if ((model as { readonly url?: unknown } | null)?.url !== undefined) {
    throw invalid(
      "model",
      "is behind a server (url): only loadEmbedder, loadReranker and what takes their models can use it",
    );
  }
  const { directory, ...facts } = checkReference(model as ModelReference);
  return directory === undefined ? facts : { ...facts, directory: isUrl(directory) ? directory.href : directory };
}

/** A reference whose folder is a string. */
export interface NamedModel extends Facts {
  readonly directory?: string;
}

function checkedId(id: string): NamedModel {
  checkReference({ id });
  if (!isModelId(id)) {
    throw invalid(
      "id",
      `${shown(id)} is not a Hugging Face id ("organisation/name"), and there is no folder ${clipped(here(id))}`,
    );
  }
  return { id };
}

/** True for a string written as a path, or naming an existing folder, unless it is an id in the model table. */
function isFolder(model: string): boolean {
  if (/^(\.{0,2}[/\\]|\.{1,2}$|file:|[A-Za-z]:[/\\])|.[/\\]$/.test(model)) return true;
  return findModel(model) === undefined && folderNamed(model) !== undefined;
}

/** Returns the folder of this name in the working folder, if it exists. */
function folderNamed(name: string): string | undefined {
  const folder = here(name);
  return name !== "" && isDirectory(folder) ? folder : undefined;
}

/** False for what the system cannot look up, such as a text that is far too long for a path. */
function isDirectory(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

/** Returns a name's absolute path, or the name itself if the working folder is gone. */
function here(name: string): string {
  try {
    return resolve(name);
  } catch {
    return name;
  }
}

/** Explains why a string that might name a folder was treated as an id. */
export function folderNotTaken(id: string): string {
  const folder = folderNamed(id);
  if (folder === undefined) return `no folder ${here(id)}`;
  return `folder ${folder} was ignored, because ${id} is a known model id (pass "./${id}" for the folder)`;
}

export function folderPath(directory: string): string {
  if (!/^[a-z][a-z+.-]+:/i.test(directory)) return absolutePath(directory);
  try {
    return fileURLToPath(directory);
  } catch (cause) {
    throw new BgeError("INVALID_OPTION", `directory ${directory} is not a file URL on this machine: ${String(cause)}`, {
      parameter: "directory",
      cause,
    });
  }
}
