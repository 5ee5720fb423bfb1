import type { Transaction } from "lmdb";
import type { Stored } from "../store.js";
import type { Entry, Reads } from "../view.js";
import type { Environment } from "./environment.js";
import { corrupt } from "./failures.js";
import { type Memory, readDocument } from "./follow.js";
import { readSlot } from "./records.js";
import { readRows } from "./rows.js";
import { postingsIn } from "./segments.js";

/** A transaction of a search. */
export interface Reading {
  readonly transaction: Transaction;
  /** Throws once it has ended. */
  check(): void;
  close(): void;
}

/** Reads what a search asks for, as of one commit. */
export function readsOf<D extends Stored>(
  environment: Environment,
  { state, recent }: Memory,
  dimensions: number,
  { transaction, check, close }: Reading,
): Reads<D> {
  const { directory, documents, words, slots, low, rows } = environment;
  const options = { transaction };

  function entry(slot: number): Entry<D> | undefined {
    check();
    const bytes = documents.get(slot, options);
    if (bytes === undefined) return undefined;
    const document = readDocument<D>(bytes);
    if (document === undefined) throw corrupt(directory, `the document in slot ${slot} is damaged`);
    return { document, rows: () => rowsOf(slot) };
  }

  function rowsOf(slot: number): Uint8Array | undefined {
    check();
    const bytes = slots.get(slot, options);
    const record = bytes && readSlot(bytes, dimensions);
    if (typeof record !== "object") throw corrupt(directory, `the record of slot ${slot} is missing or damaged`);
    if (record.rows === undefined) return undefined;
    const found = readRows(record.rows, (piece) => rows.get(piece, options));
    if (found === undefined) throw corrupt(directory, `token rows of slot ${slot} are missing`);
    return found;
  }

  return {
    *postings(word) {
      for (const segment of state.segments) {
        check();
        yield* postingsIn(words, segment, word, transaction);
      }
      const own = recent.get(word);
      if (own !== undefined) yield own;
    },
    entry,
    low(slot) {
      check();
      const bytes = low.get(slot, options);
      return bytes && new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    },
    close,
  };
}
