import { readFileSync, statSync } from "node:fs";
import { BgeError } from "../api/errors.js";
import { beginsAsPointer, NOT_PULLED } from "./lfs-pointer.js";

export type Json = Readonly<Record<string, unknown>>;

/** The largest known files are tokenizers of 250,000 tokens, with 34 MB. */
const MOST_BYTES = 128 * 2 ** 20;
/** Known files are nested less than ten deep. Parsing time and memory grow with depth. */
const MOST_NESTED = 100;

/** Reads a JSON object from an untrusted file; `undefined` if there is no file. @throws BgeError `MODEL_CORRUPT`, `ACCESS_DENIED` */
export function readJsonObject(file: string): Json | undefined {
  const value = readJson(file);
  if (value === undefined || isRecord(value)) return value;
  throw corruptFile(file, "it does not contain a JSON object");
}

/** Reads any JSON value from an untrusted file; `undefined` if there is no file. @throws BgeError `MODEL_CORRUPT`, `ACCESS_DENIED` */
export function readJson(file: string): unknown {
  const bytes = readBytes(file);
  if (bytes === undefined) return undefined;
  if (isNestedDeeper(bytes, MOST_NESTED)) throw corruptFile(file, `it is nested deeper than ${MOST_NESTED} levels`);
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch (cause) {
    throw corruptFile(file, beginsAsPointer(bytes) ? NOT_PULLED : `it is not JSON: ${String(cause)}`);
  }
}

/** Reads an optional count. Some files use an absurdly large one for "no limit". @throws BgeError `MODEL_CORRUPT` */
export function countIn(json: Json, name: string, file: string): number | undefined {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  throw corruptFile(file, `${name} cannot be ${JSON.stringify(value)}`);
}

/** Returns the error for a model file with invalid content. */
export function corruptFile(file: string, problem: string): BgeError {
  return new BgeError("MODEL_CORRUPT", `${file} cannot be used: ${problem}. It may be truncated; download it again.`);
}

/** Returns the error for a model file that exists but cannot be read. */
export function unreadableFile(file: string, cause: unknown): BgeError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== "EACCES" && code !== "EPERM") return corruptFile(file, `it cannot be read: ${String(cause)}`);
  const problem = `The user of this process may not read ${file} (${code}).`;
  return new BgeError("ACCESS_DENIED", `${problem} Change its permissions, or those of its folder.`, { cause });
}

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readBytes(file: string): Buffer | undefined {
  try {
    const { size } = statOfFile(file);
    if (size > MOST_BYTES) throw corruptFile(file, `it has ${size} bytes, more than ${MOST_BYTES}`);
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof BgeError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unreadableFile(file, cause);
  }
}

/** Stats a regular file, and rejects others: a pipe or device might never end. @throws BgeError `MODEL_CORRUPT` */
export function statOfFile(file: string): { readonly size: number } {
  const found = statSync(file);
  if (found.isFile()) return found;
  throw corruptFile(file, found.isDirectory() ? "it is a folder" : "it is not a regular file");
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Scans megabytes byte by byte, before the code is optimised, so it tests for the most common bytes first. */
function isNestedDeeper(bytes: Uint8Array, most: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) quoted = !quoted;
    else if (byte < 0x5b) continue;
    else if (quoted) {
      if (byte === BACKSLASH) at++;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > most) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
