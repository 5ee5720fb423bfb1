import { BgeError } from "@bge-js/core";
import { abortable, checkSource, invalid, listener, monotonic, sleep } from "@bge-js/core/adapter";
import type { DocumentSource, FailedDocument, IngestDocument } from "../api.js";
import { recipeOf } from "../options.js";
import { BATCH_DOCUMENTS } from "../pipeline/batcher.js";
import { type Checked, idOf, isError, toChecked } from "../pipeline/documents.js";
import { createFailures } from "../pipeline/failures.js";
import { pruneStore, refusalOf } from "../pipeline/prune.js";
import { createRate } from "../pipeline/rate.js";
import { createSeen } from "../pipeline/seen.js";
import { drawn } from "../pipeline/source.js";
import { type Recipe, versionOf } from "../pipeline/work.js";
import type { QueueIngestOptions, QueueReport } from "./api.js";
import { enqueue } from "./enqueue.js";
import { countDone, countJobs, type DocumentQueue, failedDocuments } from "./jobs.js";

export const MAX_WAITING = 1000;
const WAITING_CHARACTERS = 64_000_000;
const WINDOW_CHARACTERS = 1_000_000;
/** Milliseconds between two looks at the queue, and between two reports. */
const PAUSE = 100;
const REPORT = 1000;

/** Implements `IngestQueue.ingest`. */
export async function produce<D extends IngestDocument>(
  queue: DocumentQueue,
  documents: DocumentSource<D>,
  given: QueueIngestOptions<D>,
): Promise<QueueReport> {
  checkSource(documents);
  const recipe = storedRecipe(given);
  const { maxWaiting = MAX_WAITING, prune = false } = given;
  const until = abortable(given.signal);
  const ending = new AbortController();
  const { signal } = ending;
  const failures = createFailures();
  const onFailed = listener("onFailed", given.onFailed) ?? failures.add;
  const onProgress = listener("onProgress", given.onProgress);
  const rate = createRate();
  const seen = prune ? createSeen() : undefined;
  const counts = { documents: 0, queued: 0, unchanged: 0 };
  /** Characters of what was queued last. */
  const sizes: number[] = [];
  let [replaced, refused, withoutId] = [0, 0, 0];
  let told = monotonic();

  try {
    await until(recipe?.store.prepare?.({ embedder: recipe.embedder, signal }) ?? Promise.resolve());
    const before = await until(countDone(queue));

    async function look(isLast = false) {
      const { waiting, active, retrying, failed } = await until(countJobs(queue));
      const pending = waiting + active + retrying;
      if (onProgress && (isLast || monotonic() - told >= REPORT)) {
        told = monotonic();
        const done = (await until(countDone(queue))) - before;
        onProgress({ ...counts, done, pending, failed: failed + refused, perSecond: rate.at(done) });
      }
      return { waiting, retrying, pending, failed };
    }

    async function room(count: number): Promise<void> {
      for (;;) {
        // What failed and is tried again waits, too: while a store is down, that is everything.
        const { waiting, retrying } = await look();
        const held = waiting + retrying;
        // The queue is first in, first out.
        const characters = held === 0 ? 0 : sizes.slice(-held).reduce((sum, size) => sum + size, 0);
        if (held + count <= maxWaiting && characters < WAITING_CHARACTERS) return;
        await until(sleep(PAUSE));
      }
    }

    async function give(window: ReadonlyMap<string, Checked>): Promise<void> {
      const all = [...window.values()];
      const versions = recipe && (await until(recipe.store.versions([...window.keys()], { signal })));
      const changed = all.filter(
        (checked, i) => recipe === undefined || versions![i] !== versionOf(checked, recipe.recipe),
      );
      await room(changed.length);
      const enqueued = await enqueue(queue, changed, until);
      sizes.push(...changed.map(({ characters }) => characters));
      sizes.splice(0, sizes.length - maxWaiting);
      counts.queued += enqueued.added;
      counts.unchanged += all.length - changed.length + enqueued.known;
      replaced += enqueued.replaced;
    }

    let window = new Map<string, Checked>();
    let characters = 0;
    for await (const one of drawn<D | string>(documents, until)) {
      const index = counts.documents++;
      const checked = toChecked(one);
      const id = isError(checked) ? idOf(one) : checked.document.id;
      if (id === undefined) withoutId++;
      else seen?.add(id);
      if (isError(checked)) {
        refused++;
        onFailed({ id, index, error: checked });
        continue;
      }
      // The later one of the same id takes the place of the earlier.
      window.set(id!, checked);
      characters += checked.characters;
      if (window.size < Math.min(BATCH_DOCUMENTS, maxWaiting) && characters < WINDOW_CHARACTERS) continue;
      await give(window);
      window = new Map();
      characters = 0;
    }
    if (window.size > 0) await give(window);
    while ((await look()).pending > 0) await until(sleep(PAUSE));

    const { failed } = await look(true);
    const lost = counts.queued - replaced - failed - ((await until(countDone(queue))) - before);
    if (lost > 0) throw lostError(lost);
    for await (const { id, error } of failedDocuments(queue)) onFailed({ id, error } satisfies FailedDocument);
    const refusal = seen && refusalOf({ documents: counts.documents, withoutId });
    failures.throwIfAny(`All others are stored.${refusal ? ` ${refusal.message}` : ""}`);
    if (refusal) throw refusal;
    const removed = seen ? await until(pruneStore(recipe!.store, seen, signal)) : 0;
    return { ...counts, failed: failed + refused, removed };
  } finally {
    ending.abort(given.signal?.reason);
  }
}

function storedRecipe<D extends IngestDocument>(given: QueueIngestOptions<D>): Recipe | undefined {
  const { store, embedder, chunk, recipe, prune } = given;
  if (store !== undefined) {
    return recipeOf({ store, ...(embedder && { embedder }), ...(chunk && { chunk }), ...(recipe && { recipe }) });
  }
  if (prune) throw invalid("prune", "needs a store to remove from");
  for (const [name, value] of Object.entries({ embedder, chunk, recipe })) {
    if (value !== undefined) throw invalid(name, "is of use with a store alone: without one, workers do all of it");
  }
  return undefined;
}

function lostError(lost: number): BgeError {
  const message =
    `The queue has lost ${lost} documents: it is empty, and no worker has counted them. Did Redis restart without a file, or evict ` +
    "keys? It needs appendonly yes and maxmemory-policy noeviction. Call again: what is stored stays.";
  return new BgeError("STORE_FAILED", message, { parameter: "connection" });
}
