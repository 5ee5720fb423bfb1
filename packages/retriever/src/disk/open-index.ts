import { existsSync } from "node:fs";
import { join } from "node:path";
import { LMDB_DATA } from "@bge-js/core/adapter";
import { type Environment, openEnvironment } from "./environment.js";
import { load, type Memory } from "./follow.js";
import { dimensionsIn } from "./identity.js";

/** An index on disk whose files are open. */
export interface OpenIndex {
  readonly environment: Environment;
  /** What every search needs of it, if that has been read. */
  readonly loaded?: Loaded | undefined;
}

export interface Loaded {
  readonly memory: Memory;
  /** Slots of removed documents that are in segments still. */
  readonly removed: Set<number>;
  /** Slots that can be used again. */
  readonly free: number[];
}

/**
 * Opens the files of an index, and reads what can be read before it is known whether the models are those that made it.
 *
 * @throws BgeError `INVALID_OPTION`, `STORE_IN_USE`, `STORE_CORRUPT`, `STORE_FAILED`
 */
export async function openIndex(directory: string, readOnly: boolean): Promise<OpenIndex> {
  const environment = await openEnvironment(directory, readOnly);
  try {
    const dimensions = environment.state() && dimensionsIn(environment);
    return { environment, loaded: dimensions === undefined ? undefined : await loadIndex(environment, dimensions) };
  } catch (error) {
    await environment.close();
    throw error;
  }
}

/** True if there is an index to open: nothing is made by looking. */
export function hasIndex(directory: string): boolean {
  return existsSync(join(directory, LMDB_DATA));
}

export async function loadIndex(environment: Environment, dimensions: number): Promise<Loaded> {
  const removed = new Set<number>();
  const free: number[] = [];
  const transaction = environment.begin();
  try {
    const state = environment.state(transaction)!;
    const memory = await load(environment, state, dimensions, transaction, (slot, change) => {
      if (change > state.purged) removed.add(slot);
      else free.push(slot);
    });
    environment.checkSeen();
    return { memory, removed, free };
  } finally {
    transaction.done();
  }
}
