import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BgeError, invalid } from "../api/errors.js";
import type { ModelReference } from "../api/model.js";
import type { Facts } from "./facts.js";
import { checkReference, isUrl } from "./facts.js";
import { isModelId } from "./names.js";
import { DEFAULT_EMBEDDER, findModel } from "./table.js";
import { absolutePath } from "./working-folder.js";

/** A model as an object, whichever way it was passed; ids are not looked up. */
export function toReference(model: string | URL | ModelReference | undefined): NamedModel {
  if (model === undefined) return { id: DEFAULT_EMBEDDER };
  if (typeof model === "string") return isFolder(model) ? { directory: model } : checkedId(model);
  const { directory, ...facts } = checkReference(model as ModelReference);
  return directory === undefined ? facts : { ...facts, directory: isUrl(directory) ? directory.href : directory };
}

/** A reference whose folder is text. */
export interface NamedModel extends Facts {
  readonly directory?: string;
}

function checkedId(id: string): NamedModel {
  checkReference({ id });
  if (!isModelId(id)) {
    throw invalid(
      "id",
      `${JSON.stringify(id)} is no Hugging Face id ("organisation/name"), and there is no folder ${here(id)}`,
    );
  }
  return { id };
}

/** What is written as a path, and what is there, unless the table knows it as an id; every other string is an id. */
function isFolder(model: string): boolean {
  if (/^(\.{0,2}[/\\]|\.{1,2}$|file:|[A-Za-z]:[/\\])|.[/\\]$/.test(model)) return true;
  return findModel(model) === undefined && folderNamed(model) !== undefined;
}

/** The folder of this name below the working folder. */
function folderNamed(name: string): string | undefined {
  const folder = here(name);
  return name !== "" && statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? folder : undefined;
}

/** The absolute path of a name; the name where the working folder itself is gone. */
function here(name: string): string {
  try {
    return resolve(name);
  } catch {
    return name;
  }
}

/** Why a string that may be a folder's was taken for an id. */
export function folderNotTaken(id: string): string {
  const folder = folderNamed(id);
  if (folder === undefined) return `no folder ${here(id)}`;
  return `folder ${folder} was passed over, for ${id} is an id of the table: "./${id}" is the folder`;
}

export function folderPath(directory: string): string {
  if (!/^[a-z][a-z+.-]+:/i.test(directory)) return absolutePath(directory);
  try {
    return fileURLToPath(directory);
  } catch (cause) {
    throw new BgeError("INVALID_OPTION", `directory ${directory} is no file URL of this machine: ${String(cause)}`, {
      parameter: "directory",
      cause,
    });
  }
}
