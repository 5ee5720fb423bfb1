import { BgeError } from "@bge-js/core";
import { listed } from "@bge-js/core/adapter";
import type { FailedDocument, RetrieverDocument } from "./api.js";

/** Refuses what cannot be gone through. A string can, but nobody wants its characters. */
export function checkSource(documents: unknown): void {
  const isSource =
    typeof documents === "object" &&
    documents !== null &&
    (Symbol.iterator in documents || Symbol.asyncIterator in documents);
  if (isSource) return;
  throw new BgeError("INVALID_INPUT", "documents must be an iterable or async iterable of documents or strings.", {
    parameter: "documents",
  });
}

/** A copy of what the caller gave, since its text must not change; a string gets the id that `nextId` gives. */
export function toDocument<D extends RetrieverDocument>(given: D | string, nextId: () => string): D | BgeError {
  // A document of a string has none of the further fields.
  if (typeof given === "string") return { id: nextId(), text: given } as D;
  if (typeof given !== "object" || given === null) {
    return unusable("must be an object { id, text } or a string");
  }
  if (typeof given.id !== "string" || given.id === "") return unusable("has no id: a string that is not empty");
  if (typeof given.text !== "string") return unusable("has no text: a string");
  return { ...given };
}

function unusable(problem: string): BgeError {
  return new BgeError("INVALID_INPUT", `a document ${problem}`, { parameter: "documents" });
}

/** One error for all documents that failed: the first one's code and cause. */
export function failedDocuments(failed: readonly FailedDocument[], added: number): BgeError {
  const { error } = failed[0]!;
  const names = failed.map(({ index, id }) =>
    id === undefined ? String(index) : `${index} (id ${JSON.stringify(id)})`,
  );
  const message = `${failed.length} documents were not added: index ${listed(names)}. The first: ${error.message} ${added} others were added.`;
  return new BgeError(error.code, message, {
    parameter: "documents",
    indices: failed.map(({ index }) => index),
    cause: error,
  });
}
