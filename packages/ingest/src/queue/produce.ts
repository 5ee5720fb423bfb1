import { BgeError } from "@bge-js/core";
import { abortable, checkSource, invalid, listener, monotonic, sleep } from "@bge-js/core/adapter";
import type { DocumentSource, FailedDocument, IngestDocument } from "../api.js";
import { recipeOf } from "../options.js";
import { BATCH_DOCUMENTS } from "../pipeline/batcher.js";
import type { Checked } from "../pipeline/documents.js";
import { createFailures } from "../pipeline/failures.js";
import { createIntake } from "../pipeline/intake.js";
import { createRate } from "../pipeline/rate.js";
import { type Recipe, versionOf } from "../pipeline/work.js";
import type { QueueIngestOptions, QueueReport } from "./api.js";
import { type Enqueueing, enqueue } from "./enqueue.js";
import { countDone, countJobs, type DocumentQueue, failedDocuments, pendingOf } from "./jobs.js";
import { askingOf } from "./redis-call.js";
import { windowsOf } from "./windows.js";

export const MAX_WAITING = 1000;
const WAITING_CHARACTERS = 64_000_000;
const WINDOW_CHARACTERS = 1_000_000;
/** Milliseconds for which a document waits at most for others to be queued with. */
const WINDOW_MS = 500;
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
  const orAbort = abortable(given.signal);
  const ending = new AbortController();
  const { signal } = ending;
  const orEnd = abortable(signal);
  const until = <T>(promise: Promise<T>) => orEnd(orAbort(promise));
  const ask = askingOf(queue, until);
  const failures = createFailures();
  const onFailed = listener("onFailed", given.onFailed) ?? failures.add;
  const onProgress = listener("onProgress", given.onProgress);
  const rate = createRate();
  const intake = createIntake(
    documents,
    prune,
    (failed) => {
      unusable++;
      onFailed(failed);
    },
    until,
  );
  const counts = { queued: 0, unchanged: 0 };
  /** Characters of what was queued last. */
  const sizes: number[] = [];
  let [removed, unusable] = [0, 0];
  let told = monotonic();

  try {
    await until(recipe?.store.prepare?.({ embedder: recipe.embedder, signal }) ?? Promise.resolve());
    // In this order: what is finished between the two hides a loss, and does not make one up.
    const before = await ask(countDone(queue));
    const found = await ask(countJobs(queue));

    async function look(isLast = false) {
      const jobs = await ask(countJobs(queue));
      if (onProgress && (isLast || monotonic() - told >= REPORT)) {
        told = monotonic();
        const done = (await ask(countDone(queue))) - before;
        const failed = jobs.failed + unusable;
        const documents = intake.count();
        onProgress({ documents, ...counts, done, pending: pendingOf(jobs), failed, perSecond: rate.at(done) });
      }
      return jobs;
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

    const enqueueing: Enqueueing = {
      queue,
      ask,
      room,
      async isEmpty() {
        const jobs = await look();
        return pendingOf(jobs) + jobs.failed === 0;
      },
      async areStored(documents) {
        if (recipe === undefined) return [];
        const ids = documents.map(({ document }) => document.id);
        const versions = await until(recipe.store.versions(ids, { signal }));
        return documents.map((one, i) => versions[i] === versionOf(one, recipe.recipe));
      },
    };

    async function give(documents: readonly Checked[]): Promise<void> {
      const enqueued = await enqueue(documents, enqueueing);
      sizes.push(...enqueued.added.map(({ characters }) => characters));
      sizes.splice(0, sizes.length - maxWaiting);
      counts.queued += enqueued.added.length;
      counts.unchanged += enqueued.unchanged;
      removed += enqueued.removed;
    }

    const most = { documents: Math.min(BATCH_DOCUMENTS, maxWaiting), characters: WINDOW_CHARACTERS, ms: WINDOW_MS };
    for await (const window of windowsOf(intake.documents, most)) {
      if (window.length > 0) await give(window);
      else await look();
    }
    while (pendingOf(await look()) > 0) await until(sleep(PAUSE));

    const { failed } = await look(true);
    const done = (await ask(countDone(queue))) - before;
    const lost = pendingOf(found) + found.failed + counts.queued - removed - done - failed;
    if (lost > 0) throw lostError(lost);
    for await (const { id, error } of failedDocuments(queue, ask)) onFailed({ id, error } satisfies FailedDocument);
    const gone = await intake.finish(recipe?.store, failures, "All others are stored.", signal);
    return { documents: intake.count(), ...counts, failed: failed + unusable, removed: gone };
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
