import type { Transaction } from "lmdb";
import { createWordIndex, type WordIndex } from "../postings.js";
import { createSlices } from "../slices.js";
import type { Stored } from "../store.js";
import { createTable, type Table } from "../table.js";
import { wordsOf } from "../words.js";
import type { Environment } from "./environment.js";
import { corrupt } from "./failures.js";
import { readSlot } from "./records.js";
import type { State } from "./state.js";

/** What is in memory of an index on disk, as of a commit. */
export interface Memory {
  readonly state: State;
  readonly table: Table;
  /** The words of documents that no segment has yet. */
  readonly recent: WordIndex;
}

/** Slots that are read in less than a slice of time. */
const SLOTS_AT_ONCE = 32;

/** Reads what every search needs into memory. `removed` is told of the slots of removed documents. */
export async function load(
  environment: Environment,
  state: State,
  dimensions: number,
  transaction: Transaction,
  removed: (slot: number, change: number) => void,
): Promise<Memory> {
  const { slots, directory } = environment;
  const table = createTable(dimensions);
  const slices = createSlices();
  let read = 0;
  for (const { key, value } of slots.getRange({ transaction })) {
    const record = readSlot(value, dimensions);
    if (record === undefined) throw corrupt(directory, `the record of slot ${key} is damaged`);
    if (typeof record === "number") removed(key, record);
    else table.add(key, record.born, record.words, record.vectors);
    // To ask the clock takes as long as to read a record.
    if (++read % SLOTS_AT_ONCE === 0 && slices.due()) await slices.next();
  }
  if (table.count !== state.documents) {
    throw corrupt(directory, `it has ${table.count} documents, and should have ${state.documents}`);
  }
  return { state, table, recent: await readRecent(environment, state, table, transaction) };
}

/** Brings what is in memory up to a later state, or reads all anew after too many changes. */
export async function follow(
  environment: Environment,
  before: Memory,
  state: State,
  dimensions: number,
  transaction: Transaction,
): Promise<Memory> {
  const { changes, slots, directory } = environment;
  const { table } = before;
  const from = before.state.changes + 1;
  if (from <= state.changes && changes.get(from, { transaction }) === undefined) {
    return load(environment, state, dimensions, transaction, () => {});
  }
  const slices = createSlices();
  const added: number[] = [];
  for (let change = from; change <= state.changes; change++) {
    const slot = changes.get(change, { transaction })?.readUInt32LE(0);
    const bytes = slot === undefined ? undefined : slots.get(slot, { transaction });
    const record = bytes && readSlot(Buffer.from(bytes), dimensions);
    if (record === undefined) throw corrupt(directory, `change ${change} is damaged`);
    table.remove(slot!);
    if (typeof record !== "number") {
      table.add(slot!, record.born, record.words, record.vectors);
      added.push(slot!);
    }
    if (slices.due()) await slices.next();
  }
  if (state.merged !== before.state.merged) {
    return { state, table, recent: await readRecent(environment, state, table, transaction) };
  }
  for (const slot of new Set(added)) {
    addWords(environment, before.recent, slot, transaction);
    if (slices.due()) await slices.next();
  }
  return { ...before, state };
}

async function readRecent(environment: Environment, state: State, table: Table, transaction: Transaction) {
  const index = createWordIndex();
  const slices = createSlices();
  const seen = new Set<number>();
  for (const { value } of environment.changes.getRange({ start: state.merged + 1, transaction })) {
    const slot = value.readUInt32LE(0);
    if (seen.has(slot) || !((table.born[slot] ?? 0) > state.merged)) continue;
    seen.add(slot);
    addWords(environment, index, slot, transaction);
    if (slices.due()) await slices.next();
  }
  return index;
}

function addWords(
  { documents, directory }: Environment,
  index: WordIndex,
  slot: number,
  transaction: Transaction,
): void {
  const bytes = documents.get(slot, { transaction });
  const document = bytes && readDocument<Stored>(bytes);
  if (document === undefined) throw corrupt(directory, `the document in slot ${slot} is missing or damaged`);
  index.add(slot, wordsOf(document.text ?? ""));
}

/** Undefined for bytes that are no document. */
export function readDocument<D extends Stored>(bytes: Buffer): D | undefined {
  try {
    const value = JSON.parse(bytes.toString()) as D;
    return typeof value?.id === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
