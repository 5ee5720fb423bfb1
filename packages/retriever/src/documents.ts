import { BgeError } from "@bge-js/core";
import { listed, notJson } from "@bge-js/core/adapter";
import type { FailedDocument, RetrieverDocument } from "./api.js";
import type { Store } from "./store.js";

/** Checks all ids before any document is removed. @throws BgeError `INVALID_INPUT`, with every bad index */
export function checkIds(ids: Iterable<string>): string[] {
  if (typeof ids === "string" || typeof ids?.[Symbol.iterator] !== "function") {
    throw new BgeError("INVALID_INPUT", "ids must be an iterable of strings.", { parameter: "ids" });
  }
  const given = [...ids];
  const indices = given.flatMap((id: unknown, index) => (typeof id === "string" ? [] : [index]));
  if (indices.length > 0) {
    const problems = listed(indices.map((index) => `index ${index} is ${typeof given[index]}`));
    const message = `ids must be strings: ${problems}. Nothing was removed.`;
    throw new BgeError("INVALID_INPUT", message, { parameter: "ids", indices });
  }
  return given;
}

/** Copies the caller's document, whose text must not change. A string gets its id from the store. */
export function toDocument<D extends RetrieverDocument>(given: D | string, store: Store<D>): D | BgeError {
  // A document from a string has no additional fields.
  if (typeof given === "string") return { id: store.nextId(), text: given } as D;
  if (typeof given !== "object" || given === null) {
    return unusable("must be an object { id, text } or a string");
  }
  if (typeof given.id !== "string" || given.id === "") return unusable("needs an id, a non-empty string");
  if (typeof given.text !== "string") return unusable("needs a text, a string");
  const problem = store.directory === undefined ? undefined : notJson({ ...given }, "");
  if (problem !== undefined) {
    return unusable(
      `in a directory is kept as JSON: its field ${problem.replace(/^\./, "")}, which JSON does not give back`,
    );
  }
  return { ...given };
}

function unusable(problem: string): BgeError {
  return new BgeError("INVALID_INPUT", `a document ${problem}`, { parameter: "documents" });
}

/** Returns one error for all failed documents, with the code and cause of the first. */
export function failedDocuments(failed: readonly FailedDocument[], added: number): BgeError {
  const { error } = failed[0]!;
  const names = failed.map(({ index, id }) =>
    id === undefined ? String(index) : `${index} (id ${JSON.stringify(id)})`,
  );
  const message = `${failed.length} documents were not added: index ${listed(names)}. First error: ${error.message} ${added} others were added.`;
  return new BgeError(error.code, message, {
    parameter: "documents",
    indices: failed.map(({ index }) => index),
    cause: error,
  });
}
