import { BgeError } from "../api/errors.js";

// What comes from outside and becomes a path. The rules hold on every system, so that a cache written on one can be
// read on another: no name that is absolute, climbs, or has a drive, a stream or a device on Windows.

/** `organisation/name` or `name`, by huggingface_hub's rules. */
const ID = /^(?:\w(?:[\w.-]{0,94}\w)?\/)?\w(?:[\w.-]{0,94}\w)?$/;
const PART = /^[^\\/:*?"<>|\p{Cc}]+$/u;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

export function isModelId(id: string): boolean {
  return ID.test(id) && !id.includes("--") && !id.includes("..") && !id.endsWith(".git");
}

/** @throws BgeError `INVALID_OPTION` for what cannot be an id of the hub, and so must not become a path or an address */
export function checkModelId(id: string): void {
  if (isModelId(id)) return;
  throw new BgeError(
    "INVALID_OPTION",
    `${JSON.stringify(id)} is no Hugging Face id: that is "organisation/name", of letters, digits, ".", "_" and "-". ` +
      `A folder begins with "./", "../" or "/".`,
    { parameter: "id" },
  );
}

/** A path inside a folder, with `/`, that stays inside it on every system. */
export function isSafePath(path: string): boolean {
  return path.split("/").every(isSafePart);
}

/** A branch, a tag or a commit whose name can be a file under `refs/`. */
export function isRevision(revision: string): boolean {
  return revision.length <= 255 && isSafePath(revision);
}

/** A whole commit id, which no branch or tag can move. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** The folder of a model in the cache. */
export function repositoryName(id: string): string {
  checkModelId(id);
  return `models--${id.replaceAll("/", "--")}`;
}

/** The model whose folder this is; `undefined` for every other folder. */
export function idOfRepository(name: string): string | undefined {
  if (!name.startsWith("models--")) return undefined;
  const id = name.slice("models--".length).replace("--", "/");
  return isModelId(id) ? id : undefined;
}

function isSafePart(part: string): boolean {
  return PART.test(part) && part !== "." && part !== ".." && !/[. ]$/.test(part) && !WINDOWS_DEVICE.test(part);
}
