import { BgeError } from "@bge-js/core";
import { fieldsAsJson, listed, messageOf, shown } from "@bge-js/core/adapter";
import type { FailedDocument } from "./api.js";
import type { Store } from "./store.js";

/** @throws BgeError `INVALID_INPUT` for what is no id, and so of no document */
export function checkId(id: string): void {
  if (typeof id === "string") return;
  throw new BgeError("INVALID_INPUT", `id must be a string, not ${shown(id)}.`, { parameter: "id" });
}

/** Checks all ids before any document is removed. @throws BgeError `INVALID_INPUT`, with every bad index */
export function checkIds(ids: Iterable<string>): string[] {
  if (typeof ids === "string" || typeof ids?.[Symbol.iterator] !== "function") {
    throw new BgeError("INVALID_INPUT", "ids must be an iterable of strings.", { parameter: "ids" });
  }
  const given = [...ids];
  const indices = [...given.keys()].filter((index) => typeof given[index] !== "string");
  if (indices.length > 0) {
    const problems = listed(indices.map((index) => `index ${index} is ${typeof given[index]}`));
    const message = `ids must be strings: ${problems}. Nothing was removed.`;
    throw new BgeError("INVALID_INPUT", message, { parameter: "ids", indices });
  }
  return given;
}

/** Returns what keeps a document from being one, whatever is to be read of it. `form` is what it must look like. */
export function checkDocument(given: unknown, form: string): BgeError | undefined {
  if (typeof given !== "object" || given === null) return unusableDocument(`must be an object ${form} or a string`);
  const { id } = given as { readonly id?: unknown };
  return typeof id === "string" && id !== "" ? undefined : unusableDocument("needs an id, a non-empty string");
}

/**
 * Copies a document's fields, or returns which of them a store would not give back as it is. For a directory they are copied as
 * JSON gives them back, since what is nested in them may change before they are stored.
 */
export function copyFields<F extends object>(given: F, { directory }: Pick<Store<unknown>, "directory">): F | BgeError {
  if (directory === undefined) return { ...given };
  const kept = fieldsAsJson(given);
  return typeof kept === "string" ? unusableDocument(`in a directory ${kept}`) : kept.copy;
}

/** Reads a caller's document, and returns why that cannot be: its class may have getters that throw. */
export function takeDocument<T extends object>(read: () => T | BgeError): T | BgeError {
  try {
    return read();
  } catch (cause) {
    return unusableDocument(`cannot be read: ${messageOf(cause)}`, cause);
  }
}

export function unusableDocument(problem: string, cause?: unknown): BgeError {
  const details = { parameter: "documents", ...(cause !== undefined && { cause }) };
  return new BgeError("INVALID_INPUT", `a document ${problem}`, details);
}

/** Returns one error for all failed documents, with the code and cause of the first. */
export function failedDocuments(failed: readonly FailedDocument[], added: number): BgeError {
  const { error } = failed[0]!;
  const names = failed.map(({ index, id }) =>
    id === undefined ? String(index) : `${index} (id ${JSON.stringify(id)})`,
  );
  const { message: reason } = ofDocument(error);
  const message = `${failed.length} documents were not added: index ${listed(names)}. First error: ${reason} ${added} others were added.`;
  return new BgeError(error.code, message, {
    parameter: "documents",
    indices: failed.map(({ index }) => index),
    cause: error,
  });
}

/** Returns the model's error without its index, which is that among what the model has read. */
export function ofDocument(error: BgeError): BgeError {
  const message = error.message.replace(/ \(input index \d+\)$/, "");
  const { code, parameter } = error;
  return message === error.message
    ? error
    : new BgeError(code, message, { cause: error, ...(parameter !== undefined && { parameter }) });
}
