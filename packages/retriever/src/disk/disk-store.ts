import { lmdbReason } from "@bge-js/core/adapter";
import { gone } from "../lifetime.js";
import { quantize } from "../quantized.js";
import { createRemovals } from "../removals.js";
import { createSlices } from "../slices.js";
import type { Store, Stored } from "../store.js";
import { createView, type View } from "../view.js";
import { wordsOf } from "../words.js";
import { createCurrent } from "./current.js";
import { documentsOf } from "./documents.js";
import { type Environment, openEnvironment } from "./environment.js";
import { corrupt, failed } from "./failures.js";
import { readDocument } from "./follow.js";
import { checkIdentity, type Identity, identityRecord } from "./identity.js";
import { loadIndex, type OpenIndex } from "./open-index.js";
import { createPending, type Pending } from "./pending.js";
import { readsOf } from "./reads.js";
import { EMPTY } from "./state.js";

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
  const { directory, meta } = environment;
  if (environment.state() === undefined) {
    if (readOnly || meta.get("identity") !== undefined) throw corrupt(directory, "it does not say how it ended");
    await create(environment, identity);
  }
  checkIdentity(environment, identity, readOnly);

  const index = loaded ?? (await loadIndex(environment, dimensions));
  const current = await createCurrent(environment, index, dimensions, readOnly);
  let { texts } = current.memory.state;
  const pending = createPending((staged) => current.store(staged, texts));
  const stored = documentsOf<D>(environment);
  let closing: Promise<void> | undefined;
  const removals = createRemovals();
  /** Ends the views that are open. */
  const views = new Set<() => void>();

  function checkOpen(): void {
    if (closing !== undefined) throw gone();
  }

  function stage(...change: Parameters<Pending["stage"]>): Promise<void> {
    checkOpen();
    return pending.stage(...change);
  }

  async function view(accept?: (document: D) => boolean): Promise<View<D>> {
    checkOpen();
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
      environment.checkSeen();
    };
    views.add(close);
    try {
      if (readOnly) {
        await pending.inTurn(async () => {
          check();
          await current.follow(transaction);
        });
      }
      const { memory } = current;
      const reads = readsOf<D>(environment, memory, dimensions, { transaction, check, close });
      return createView(memory.table, reads, accept);
    } catch (error) {
      close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    // What was read stays. Who waits for it hears of a failure.
    await pending.commit().catch(() => {});
    await pending.settled();
    for (const end of [...views]) end();
    // This only saves the next process time, so nothing is lost if it fails.
    if (!readOnly) await current.tidy().catch(() => {});
    await environment.close();
  }

  return {
    directory,
    get size() {
      environment.checkSeen();
      return readOnly ? environment.state()!.documents : current.memory.state.documents;
    },
    has(id) {
      const staged = pending.stagedFor(id);
      return staged === undefined ? stored.slotOf(id) !== undefined : staged.kind !== "remove";
    },
    get(id) {
      const staged = pending.stagedFor(id);
      if (staged === undefined) return stored.get(id);
      return staged.kind === "remove" ? undefined : readDocument<D>(staged.json);
    },
    ids: () => stored.ids(checkOpen),
    nextId() {
      let id: string;
      do id = `#${texts++}`;
      while (stored.slotOf(id) !== undefined);
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
      const under = pending.batchOf(document.id);
      const before = under?.staged.get(document.id);
      const slot = before === undefined ? stored.slotOf(document.id) : undefined;
      const known =
        before !== undefined && before.kind !== "remove" ? before.json : slot !== undefined && stored.jsonIn(slot);
      if (known && json.equals(known)) return under?.doneOf(document.id) ?? STORED;
      return stage(document.id, { kind: "update", json }, json.length, under);
    },
    isDue: pending.isDue,
    commit: pending.commit,
    async remove(given) {
      let count = 0;
      const done = new Set<Promise<void>>();
      const slices = createSlices();
      const since = removals.begin();
      try {
        for (const id of given) {
          if (slices.due()) await slices.next();
          // Closed while this waited, here or for a commit, there is nothing left to look into.
          checkOpen();
          if (since.has(id)) continue;
          const staged = pending.stagedFor(id);
          if (staged === undefined ? stored.slotOf(id) === undefined : staged.kind === "remove") continue;
          count++;
          done.add(stage(id, { kind: "remove" }, id.length));
          if (pending.isDue()) await pending.commit();
        }
      } finally {
        removals.end(since);
      }
      await pending.commit();
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
