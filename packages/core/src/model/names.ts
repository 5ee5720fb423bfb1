import { BgeError } from "../api/errors.js";

// Untrusted names that become paths. The rules are the same on every system, so that a cache written on one can be read on
// another: no absolute paths, no `..`, and no Windows drives, streams or devices.

/** `organisation/name` or `name`, by huggingface_hub's rules. */
const ID = /^(?:\w(?:[\w.-]{0,94}\w)?\/)?\w(?:[\w.-]{0,94}\w)?$/;
const PART = /^[^\\/:*?"<>|\p{Cc}]+$/u;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

export function isModelId(id: string): boolean {
  return ID.test(id) && !id.includes("--") && !id.includes("..") && !id.endsWith(".git");
}

/** Checks that a hub id is valid before it becomes part of a path or address. @throws BgeError `INVALID_OPTION` */
export function checkModelId(id: string): void {
  if (isModelId(id)) return;
  throw new BgeError(
    "INVALID_OPTION",
    `${JSON.stringify(id)} is not a Hugging Face id: "organisation/name", with letters, digits, ".", "_" and "-". ` +
      `To load a folder, begin its path with "./", "../" or "/".`,
    { parameter: "id" },
  );
}

/** True for a path with `/` that stays inside its folder on every system. */
export function isSafePath(path: string): boolean {
  return path.split("/").every(isSafePart);
}

/** True for a branch, tag or commit that can be a file name under `refs/`. */
export function isRevision(revision: string): boolean {
  return revision.length <= 255 && isSafePath(revision);
}

/** True for a full commit id. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** Returns the name of a model's folder in the cache. */
export function repositoryName(id: string): string {
  checkModelId(id);
  return `models--${id.replaceAll("/", "--")}`;
}

/** Returns the id of the model in a cache folder; `undefined` for other folders. */
export function idOfRepository(name: string): string | undefined {
  if (!name.startsWith("models--")) return undefined;
  const id = name.slice("models--".length).replace("--", "/");
  return isModelId(id) ? id : undefined;
}

function isSafePart(part: string): boolean {
  return PART.test(part) && part !== "." && part !== ".." && !/[. ]$/.test(part) && !WINDOWS_DEVICE.test(part);
}
