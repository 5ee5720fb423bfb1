import { type Batch, openBatch } from "./batch.js";
import type { Staged } from "./commit.js";

/** What is not stored yet, in batches that are stored one after another. */
export interface Pending {
  /**
   * Resolves when it is stored.
   *
   * @param under the batch that puts the document which this is an update of
   */
  stage(id: string, one: Staged, bytes: number, under?: Batch): Promise<void>;
  /** The last batch with this document in it. */
  batchOf(id: string): Batch | undefined;
  stagedFor(id: string): Staged | undefined;
  /** True if there is enough for a commit. */
  isDue(): boolean;
  commit(): Promise<void>;
  /** Runs one after another what changes the index, or what is in memory of it. */
  inTurn<T>(body: () => Promise<T>): Promise<T>;
  /** Resolves when all that was begun has ended. */
  settled(): Promise<unknown>;
}

export function createPending(store: (staged: ReadonlyMap<string, Staged>) => Promise<void>): Pending {
  let batch: Batch | undefined;
  /** Batches that are on their way, oldest first. */
  const committing: Batch[] = [];
  let queue: Promise<unknown> = Promise.resolve();

  function inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = queue.then(body);
    queue = result.catch(() => {});
    return result;
  }

  function batchOf(id: string): Batch | undefined {
    const batches = batch === undefined ? committing : [...committing, batch];
    return batches.findLast(({ staged }) => staged.has(id));
  }

  async function commit(): Promise<void> {
    const own = batch;
    if (own === undefined) return;
    batch = undefined;
    own.end();
    committing.push(own);
    await inTurn(async () => {
      await own.dropOrphans();
      await store(own.staged).then(own.resolve, own.reject);
      committing.shift();
    });
    await own.done;
  }

  return {
    stage(id, one, bytes, under) {
      batch ??= openBatch(() => void commit().catch(() => {}));
      batch.add(id, one, bytes, under === batch ? undefined : under?.doneOf(id));
      return batch.doneOf(id);
    },
    batchOf,
    stagedFor: (id) => batchOf(id)?.staged.get(id),
    isDue: () => batch?.isFull() ?? false,
    commit,
    inTurn,
    settled: () => queue,
  };
}
