import type { Transaction } from "lmdb";
import { createSlices } from "../slices.js";
import { prepare, type Staged } from "./commit.js";
import type { Environment } from "./environment.js";
import { follow, load, type Memory } from "./follow.js";
import { dropSegments, isRecentFull, isRecentLong, mergeAlike, mergeRecent, purge } from "./merge.js";
import type { Loaded } from "./open-index.js";
import { write } from "./writer.js";

/** Removed documents to keep before their words are purged, in addition to a quarter of the current number. */
const REMOVED_KEPT = 1024;

/** What is in memory of an index on disk, and how it changes. One change at a time. */
export interface Current {
  readonly memory: Memory;
  /** @param texts the next number for an id of a text without one */
  store(staged: ReadonlyMap<string, Staged>, texts: number): Promise<void>;
  /** Takes in what another process has stored. */
  follow(transaction: Transaction): Promise<void>;
  /** Does what would cost the next process time. */
  tidy(): Promise<void>;
}

/** For a writer, removes what one that died has left unfinished. */
export async function createCurrent(
  environment: Environment,
  { removed, free, ...read }: Loaded,
  dimensions: number,
  readOnly: boolean,
): Promise<Current> {
  let { memory } = read;
  /** False after an attempt to follow that has failed half-way. */
  let isWhole = true;
  const tell = (next: Memory) => {
    memory = next;
  };
  if (!readOnly) memory = await dropSegments(environment, memory, tell);

  return {
    get memory() {
      return memory;
    },
    async store(staged, texts) {
      const prepared = prepare(environment, memory, staged, free, texts, dimensions);
      const state = await write(environment, memory.state, prepared.changes, prepared.state);
      const { table, recent } = memory;
      free.length -= prepared.reused;
      for (const slot of prepared.removed) {
        table.remove(slot);
        removed.add(slot);
      }
      for (const { slot, born, words, vectors } of prepared.added) {
        table.add(slot, born, words.length, vectors);
        recent.add(slot, words);
      }
      memory = { table, recent, state };
      if (removed.size > REMOVED_KEPT + state.documents / 4) {
        memory = await purge(environment, memory, tell);
        const slices = createSlices();
        for (const one of removed) {
          free.push(one);
          if (slices.due()) await slices.next();
        }
        removed.clear();
      } else if (isRecentFull(memory)) {
        memory = await mergeRecent(environment, memory, tell);
        memory = await mergeAlike(environment, memory, tell);
      }
    },
    async follow(transaction) {
      const state = environment.state(transaction)!;
      if (isWhole && state.commit <= memory.state.commit) return;
      const before = isWhole ? memory : undefined;
      isWhole = false;
      const next = before
        ? await follow(environment, before, state, dimensions, transaction)
        : await load(environment, state, dimensions, transaction, () => {});
      environment.checkSeen();
      memory = next;
      isWhole = true;
    },
    async tidy() {
      if (isRecentLong(memory)) await mergeRecent(environment, memory, tell);
    },
  };
}
