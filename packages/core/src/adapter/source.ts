import { BgeError } from "../api/errors.js";

/** Checks that `documents` is iterable, but not a string, whose characters nobody wants. @throws BgeError `INVALID_INPUT` */
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
