import { lowBytes } from "../memory-store.js";
import type { Quantized } from "../quantized.js";
import type { Environment } from "./environment.js";
import { corrupt } from "./failures.js";
import type { Memory } from "./follow.js";
import { idKey, readSlot, type SlotRecord, slotBytes, writeRemoved, writeSlot } from "./records.js";
import { changeRows } from "./rows.js";
import type { State } from "./state.js";
import type { Change } from "./writer.js";

/** Numbers of changes to keep, for processes that follow: more than there are recent ones. */
const CHANGES_KEPT = 65_536;

/** What is to be done with a document in the next commit. */
export type Staged =
  | { readonly kind: "remove" }
  | { readonly kind: "update"; readonly json: Buffer }
  | {
      readonly kind: "put";
      readonly json: Buffer;
      readonly vectors: readonly Quantized[];
      readonly rows: Uint8Array | undefined;
      readonly words: readonly string[];
    };

/** A document that a commit adds. */
export interface AddedSlot {
  readonly slot: number;
  readonly born: number;
  readonly vectors: readonly Quantized[];
  readonly words: readonly string[];
}

/** A commit: what to write, and what is then to be done in memory. */
export interface Prepared {
  readonly changes: readonly Change[];
  readonly state: State;
  readonly removed: readonly number[];
  readonly added: readonly AddedSlot[];
  /** How many of the free slots it uses, from the last on. */
  readonly reused: number;
}

/** Works out a commit of staged documents. */
export function prepare(
  environment: Environment,
  { state }: Memory,
  staged: ReadonlyMap<string, Staged>,
  free: readonly number[],
  texts: number,
  dimensions: number,
): Prepared {
  const { slots, low, documents, ids, changes: numbers } = environment;
  const rows = changeRows(state.rowsEnd, (piece) => environment.rows.get(piece));
  const changes: Change[] = [];
  const removed: number[] = [];
  const added: AddedSlot[] = [];
  let { changes: number, slots: size } = state;
  let reused = 0;

  function note(slot: number): number {
    number++;
    changes.push({ table: numbers, key: number, value: slotBytes(slot), append: true });
    if (number > CHANGES_KEPT) changes.push({ table: numbers, key: number - CHANGES_KEPT, value: undefined });
    return number;
  }

  function remove(slot: number): void {
    const { rows: place } = recordOf(environment, slot, dimensions);
    if (place !== undefined) rows.remove(place);
    changes.push({ table: slots, key: slot, value: writeRemoved(note(slot)) });
    changes.push({ table: documents, key: slot, value: undefined }, { table: low, key: slot, value: undefined });
    removed.push(slot);
  }

  for (const [id, one] of staged) {
    const key = idKey(id);
    const old = ids.get(key)?.readUInt32LE(0);
    if (one.kind === "update") {
      if (old !== undefined) changes.push({ table: documents, key: old, value: one.json });
      continue;
    }
    if (old !== undefined) remove(old);
    if (one.kind === "remove") {
      changes.push({ table: ids, key, value: undefined });
      continue;
    }
    const append = reused === free.length;
    const slot = append ? size++ : free[free.length - ++reused]!;
    const born = note(slot);
    const record = {
      born,
      words: one.words.length,
      vectors: one.vectors,
      rows: one.rows && rows.append(one.rows),
    };
    const bytes = lowBytes(one.vectors, dimensions);
    changes.push(
      { table: slots, key: slot, value: writeSlot(record, dimensions), append },
      { table: low, key: slot, value: Buffer.from(bytes.buffer), append },
      { table: documents, key: slot, value: one.json, append },
      { table: ids, key, value: slotBytes(slot) },
    );
    added.push({ slot, born, vectors: one.vectors, words: one.words });
  }
  for (const [piece, value] of rows.pieces) changes.push({ table: environment.rows, key: piece, value });
  const count = state.documents + added.length - removed.length;
  const after = { ...state, changes: number, slots: size, documents: count, texts, rowsEnd: rows.end };
  return { changes, state: after, removed, added, reused };
}

function recordOf(environment: Environment, slot: number, dimensions: number): SlotRecord {
  const bytes = environment.slots.get(slot);
  const record = bytes && readSlot(bytes, dimensions);
  if (typeof record === "object") return record;
  throw corrupt(environment.directory, `the record of slot ${slot} is missing or damaged`);
}
