import { lmdbReason } from "@bge-js/core/adapter";
import { gone } from "../lifetime.js";
import { quantize } from "../quantized.js";
import { createRemovals } from "../removals.js";
import { createSlices } from "../slices.js";
import type { Store, Stored } from "../store.js";
import { createView, type View } from "../view.js";
import { wordsOf } from "../words.js";
import { type Batch, openBatch } from "./batch.js";
import { prepare, type Staged } from "./commit.js";
import { type Environment, openEnvironment } from "./environment.js";
import { corrupt, failed } from "./failures.js";
import { follow, type Memory, readDocument } from "./follow.js";
import { checkIdentity, type Identity, identityRecord } from "./identity.js";
import { dropSegments, isRecentFull, isRecentLong, mergeAlike, mergeRecent, purge } from "./merge.js";
import { loadIndex, type OpenIndex } from "./open-index.js";
import { readsOf } from "./reads.js";
import { idKey, idOf } from "./records.js";
import { EMPTY } from "./state.js";
import { write } from "./writer.js";

/** Removed documents to keep before their words are purged, in addition to a quarter of the current number. */
const REMOVED_KEPT = 1024;
/** Ids that are read at once. */
const IDS = 512;

/** One for all: `add` holds what it was promised until it ends. */
const STORED = Promise.resolve();

export interface DiskStoreOptions {
  readonly directory: string;
  readonly readOnly: boolean;
  readonly dimensions: number;
  readonly identity: Identity;
}

/**
 * Opens or creates a store on disk.
 *
 * @param index its files, if they are open already
 * @throws BgeError `INVALID_OPTION`, `STORE_IN_USE`, `STORE_MISMATCH`, `STORE_CORRUPT`, `STORE_FAILED`
 */
export async function openDiskStore<D extends Stored>(options: DiskStoreOptions, index?: OpenIndex): Promise<Store<D>> {
  const opened = index ?? { environment: await openEnvironment(options.directory, options.readOnly) };
  try {
    return await openStore<D>(opened, options);
  } catch (error) {
    await opened.environment.close();
    throw error;
  }
}

async function openStore<D extends Stored>(
  { environment, loaded }: OpenIndex,
  { readOnly, dimensions, identity }: DiskStoreOptions,
): Promise<Store<D>> {
  const { directory, meta, ids: slotsById, documents } = environment;
  if (environment.state() === undefined) {
    if (readOnly || meta.get("identity") !== undefined) throw corrupt(directory, "it does not say how it ended");
    await create(environment, identity);
  }
  checkIdentity(environment, identity, readOnly);

  const { removed, free, ...read } = loaded ?? (await loadIndex(environment, dimensions));
  let { memory } = read;
  const tell = (next: Memory) => {
    memory = next;
  };
  if (!readOnly) memory = await dropSegments(environment, memory, tell);

  let { texts } = memory.state;
  let batch: Batch | undefined;
  /** Batches that are on their way, oldest first. */
  const committing: Batch[] = [];
  let queue: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;
  const removals = createRemovals();
  /** Ends the views that are open. */
  const views = new Set<() => void>();

  /** Runs one after another what changes the index, or what is in memory of it. */
  function inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = queue.then(body);
    queue = result.catch(() => {});
    return result;
  }

  function stage(id: string, one: Staged, bytes: number, under?: Batch): Promise<void> {
    if (closing !== undefined) throw gone();
    batch ??= openBatch(() => void commit().catch(() => {}));
    batch.add(id, one, bytes, under === batch ? undefined : under?.doneOf(id));
    return batch.doneOf(id);
  }

  function batchOf(id: string): Batch | undefined {
    const batches = batch === undefined ? committing : [...committing, batch];
    return batches.findLast(({ staged }) => staged.has(id));
  }

  function stagedFor(id: string): Staged | undefined {
    return batchOf(id)?.staged.get(id);
  }

  async function commit(): Promise<void> {
    const own = batch;
    if (own === undefined) return;
    batch = undefined;
    own.end();
    committing.push(own);
    await inTurn(async () => {
      await own.dropOrphans();
      await commitNow(own.staged).then(own.resolve, own.reject);
      committing.shift();
    });
    await own.done;
  }

  async function commitNow(staged: ReadonlyMap<string, Staged>): Promise<void> {
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
  }

  function slotOf(id: string): number | undefined {
    return slotsById.get(idKey(id))?.readUInt32LE(0);
  }

  function get(id: string): D | undefined {
    const staged = stagedFor(id);
    if (staged !== undefined) return staged.kind === "remove" ? undefined : readDocument<D>(staged.json);
    const slot = slotOf(id);
    if (slot === undefined) return undefined;
    const bytes = documents.get(slot);
    const document = bytes && readDocument<D>(bytes);
    if (document === undefined) throw corrupt(directory, `the document ${JSON.stringify(id)} is missing or damaged`);
    return document;
  }

  async function* ids(): AsyncGenerator<string, void, undefined> {
    const slices = createSlices();
    let start: Buffer | undefined;
    for (;;) {
      if (closing !== undefined) throw gone();
      const range = start === undefined ? {} : { start, exclusiveStart: true };
      const part = [...slotsById.getRange({ ...range, limit: IDS })];
      if (part.length === 0) return;
      start = Buffer.from(part.at(-1)!.key);
      const found = part.map(
        ({ key, value }) => idOf(key) ?? readDocument<D>(documents.get(value.readUInt32LE(0))!)!.id,
      );
      yield* found;
      await slices.next();
    }
  }

  async function view(accept?: (document: D) => boolean): Promise<View<D>> {
    if (closing !== undefined) throw gone();
    const transaction = environment.begin();
    let open = true;
    const close = () => {
      if (!open) return;
      open = false;
      views.delete(close);
      transaction.done();
    };
    const check = () => {
      if (!open) throw gone();
    };
    views.add(close);
    try {
      if (readOnly) {
        await inTurn(async () => {
          check();
          const state = environment.state(transaction)!;
          if (state.commit > memory.state.commit)
            memory = await follow(environment, memory, state, dimensions, transaction);
        });
      }
      const reads = readsOf<D>(environment, memory, dimensions, { transaction, check, close });
      return createView(memory.table, reads, accept);
    } catch (error) {
      close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    // What was read stays. Who waits for it hears of a failure.
    await commit().catch(() => {});
    await queue;
    for (const end of [...views]) end();
    // This only saves the next process time, so nothing is lost if it fails.
    if (!readOnly && isRecentLong(memory)) await mergeRecent(environment, memory, tell).catch(() => {});
    await environment.close();
  }

  return {
    directory,
    get size() {
      return readOnly ? environment.state()!.documents : memory.state.documents;
    },
    has(id) {
      const staged = stagedFor(id);
      return staged === undefined ? slotOf(id) !== undefined : staged.kind !== "remove";
    },
    get,
    ids,
    nextId() {
      let id: string;
      do id = `#${texts++}`;
      while (slotOf(id) !== undefined);
      return id;
    },
    put(document, vectors, rows) {
      const json = Buffer.from(JSON.stringify(document));
      const quantized = vectors.map((vector) => quantize(vector, dimensions));
      const words = wordsOf(document.text ?? "");
      removals.spare(document.id);
      const bytes = json.length + vectors.length * 2 * dimensions + (rows?.length ?? 0);
      return stage(document.id, { kind: "put", json, vectors: quantized, rows, words }, bytes);
    },
    update(document) {
      removals.spare(document.id);
      const json = Buffer.from(JSON.stringify(document));
      // Its text may be that of a document that is not stored after all.
      const under = batchOf(document.id);
      const before = under?.staged.get(document.id);
      const slot = before === undefined ? slotOf(document.id) : undefined;
      const known =
        before !== undefined && before.kind !== "remove" ? before.json : slot !== undefined && documents.get(slot);
      if (known && json.equals(known)) return under?.doneOf(document.id) ?? STORED;
      return stage(document.id, { kind: "update", json }, json.length, under);
    },
    isDue() {
      return batch?.isFull() ?? false;
    },
    commit,
    async remove(given) {
      let count = 0;
      const done = new Set<Promise<void>>();
      const slices = createSlices();
      const since = removals.begin();
      try {
        for (const id of given) {
          if (slices.due()) await slices.next();
          // Closed while this waited, here or for a commit, there is nothing left to look into.
          if (closing !== undefined) throw gone();
          if (since.has(id)) continue;
          const staged = stagedFor(id);
          if (staged === undefined ? slotOf(id) === undefined : staged.kind === "remove") continue;
          count++;
          done.add(stage(id, { kind: "remove" }, id.length));
          if (batch?.isFull()) await commit();
        }
      } finally {
        removals.end(since);
      }
      await commit();
      await Promise.all(done);
      return count;
    },
    view,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function create({ meta, directory }: Environment, identity: Identity): Promise<void> {
  try {
    await meta.batch(() => {
      void meta.put("identity", identityRecord(identity), 0);
      void meta.put("state", EMPTY, EMPTY.commit);
    });
  } catch (error) {
    throw failed(directory, "created", await lmdbReason(error));
  }
}
