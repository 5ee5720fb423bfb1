import { BgeError } from "@bge-js/core";
import type { FailedDocument } from "../api.js";

/** Failed documents that an error names; of all others only the number is kept. */
const NAMED = 1000;
/** Those that its message names. */
const SHOWN = 10;

/** Collects failed documents, for a caller who does not. */
export interface Failures {
  add(failed: FailedDocument): void;
  /** @throws BgeError with the code of the first one */
  throwIfAny(others: string): void;
}

export function createFailures(): Failures {
  const named: FailedDocument[] = [];
  let count = 0;
  return {
    add(failed) {
      count++;
      if (named.length < NAMED) named.push(failed);
    },
    throwIfAny(others) {
      if (count === 0) return;
      const failed = named.sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
      const { error } = failed[0]!;
      const names = failed.map(({ index, id }) =>
        [index === undefined ? "" : `index ${index}`, id === undefined ? "" : `id ${JSON.stringify(id)}`]
          .filter(Boolean)
          .join(", "),
      );
      const shown = names.slice(0, SHOWN);
      const more = count > shown.length ? ` and ${count - shown.length} more` : "";
      const message = `${count} documents were not ingested: ${shown.join(", ")}${more}. First error: ${error.message} ${others}`;
      throw new BgeError(error.code, message, {
        parameter: "documents",
        indices: failed.flatMap(({ index }) => (index === undefined ? [] : [index])),
        cause: error,
      });
    },
  };
}
