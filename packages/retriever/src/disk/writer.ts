import { BgeError } from "@bge-js/core";
import { checkCommitRoom, lmdbReason } from "@bge-js/core/adapter";
import type { Database } from "lmdb";
import type { Environment } from "./environment.js";
import { failed, inUse } from "./failures.js";
import type { State } from "./state.js";

type Value = Buffer | undefined;

/** A change of one record: with nothing in place of a value it is removed. */
export interface Change {
  readonly table: Database<Buffer, number> | Database<Buffer, Buffer>;
  readonly key: number | Buffer;
  readonly value: Value;
  /** True if the key is the highest of the table: pages are then filled. */
  readonly append?: boolean;
}

/** LMDB's code for a transaction that it gave up. */
const BAD_TRANSACTION = -30782;
const ATTEMPTS = 4;

/**
 * Writes changes and the state in one transaction, which is on the disk when this resolves. It depends on the state before:
 * a process that took the lock of one that only slept cannot mix its changes with the other's.
 *
 * @throws BgeError `STORE_FAILED`, `STORE_IN_USE`; then nothing is written
 */
export async function write(
  environment: Environment,
  before: State,
  changes: readonly Change[],
  after: Omit<State, "commit">,
): Promise<State> {
  const { directory, root } = environment;
  const state: State = { ...after, commit: before.commit + 1 };
  const bytes = changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  for (let attempt = 1; ; attempt++) {
    try {
      environment.checkKept();
      await checkCommitRoom(directory, changes.length, bytes);
      const isNext = await tryToWrite(environment, before.commit, changes, state);
      if (!isNext) throw inUse(directory, "another process, since this one was silent for a minute");
      root.resetReadTxn();
      return state;
    } catch (error) {
      if (error instanceof BgeError) throw error;
      const reason = await lmdbReason(error);
      // Saving the list of free pages, LMDB looks at memory that it has not set, now and then, and gives up. Nothing is written then.
      const isSpurious = (reason as { readonly code?: unknown }).code === BAD_TRANSACTION;
      if (!isSpurious || attempt === ATTEMPTS) throw failed(directory, "written to", reason);
    }
  }
}

/** Resolves to false if the index is not in the state any more that these changes are for. */
async function tryToWrite(
  { meta }: Environment,
  commit: number,
  changes: readonly Change[],
  state: State,
): Promise<boolean> {
  const writes: Promise<boolean>[] = [];
  // Everything is queued at once, for LMDB's own thread to write.
  const all = meta.ifVersion("state", commit, () => {
    writes.push(meta.put("state", state, state.commit));
    for (const { table, key, value, append } of changes) {
      const own = table as Database<Buffer, number | Buffer>;
      if (value === undefined) writes.push(own.remove(key));
      else writes.push(append === true ? own.put(key, value, { append } as never) : own.put(key, value));
    }
  });
  const [isNext] = await Promise.all([all, ...writes]);
  return isNext;
}
