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

/**
 * Writes changes and the state in one transaction, which is on the disk when this resolves. It depends on the state before:
 * a process that took the lock of one that only slept cannot mix its changes with the other's.
 *
 * @throws BgeError `STORE_FAILED`, `STORE_IN_USE`; then nothing is written
 */
export async function write(
  { directory, meta, root }: Environment,
  before: State,
  changes: readonly Change[],
  after: Omit<State, "commit">,
): Promise<State> {
  const state: State = { ...after, commit: before.commit + 1 };
  const writes: Promise<boolean>[] = [];
  let isNext: boolean;
  try {
    // Everything is queued at once, for LMDB's own thread to write.
    const all = meta.ifVersion("state", before.commit, () => {
      writes.push(meta.put("state", state, state.commit));
      for (const { table, key, value, append } of changes) {
        const own = table as Database<Buffer, number | Buffer>;
        if (value === undefined) writes.push(own.remove(key));
        else writes.push(append === true ? own.put(key, value, { append } as never) : own.put(key, value));
      }
    });
    [isNext] = await Promise.all([all, ...writes]);
  } catch (error) {
    throw failed(directory, "written to", await reasonOf(error));
  }
  if (!isNext) throw inUse(directory, "another process, since this one was silent for a minute");
  root.resetReadTxn();
  return state;
}

/** What the system said: LMDB has it in a promise of its own, which rejects. */
async function reasonOf(error: unknown): Promise<unknown> {
  try {
    await (error as { readonly commitError?: Promise<never> }).commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}
