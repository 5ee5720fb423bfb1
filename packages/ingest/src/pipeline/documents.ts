import { createHash } from "node:crypto";
import { BgeError } from "@bge-js/core";
import { checkText, documentAsJson, messageOf } from "@bge-js/core/adapter";
import type { AnyDocument } from "../api.js";

/** Field of a stored chunk in which stores keep what they know of it. */
export const INGESTED = "ingested";

/** A document that was checked. */
export interface Checked {
  /** As JSON gives it back. */
  readonly document: AnyDocument;
  /** Of all its fields. */
  readonly hash: string;
  /** Length of its JSON. */
  readonly characters: number;
}

/** Returns a copy of a document, or the reason why it cannot be ingested. */
export function toChecked(given: unknown): Checked | BgeError {
  try {
    return check(typeof given === "string" ? { id: contentHash(given), text: given } : given);
  } catch (error) {
    // What is no error of ours was thrown by the document: a getter of its class, for instance.
    return error instanceof BgeError ? error : unusable(`cannot be read: ${messageOf(error)}`);
  }
}

function check(document: unknown): Checked {
  if (typeof document !== "object" || document === null) throw unusable("must be an object { id, text } or a string");
  const { id, text } = document as Partial<AnyDocument>;
  if (typeof id !== "string" || id === "") throw unusable("needs an id, a non-empty string");
  if (typeof text !== "string") throw unusable("needs a text, a string");
  if (INGESTED in document) throw unusable(`cannot have a field ${INGESTED}, in which its place is kept`);
  checkText(id, "id");
  checkText(text, "text");
  const kept = documentAsJson(document as AnyDocument);
  if (typeof kept === "string") throw unusable(kept);
  const { json, copy } = kept;
  return { document: copy, hash: contentHash(json), characters: json.length };
}

/** The id of a document, if it can be read. */
export function idOf(given: unknown): string | undefined {
  try {
    const id = (given as Partial<AnyDocument> | null | undefined)?.id;
    return typeof id === "string" && id !== "" ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Returns 128 bits of SHA-256, as hex digits. */
export function contentHash(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 32);
}

export function unusable(problem: string): BgeError {
  return new BgeError("INVALID_INPUT", `a document ${problem}.`, { parameter: "documents" });
}

/** Recognises errors that documents are exchanged for. */
export function isError(value: object): value is BgeError {
  return value instanceof BgeError;
}
