import { abortable, checkSource, listener } from "@bge-js/core/adapter";
import type {
  AnyDocument,
  DocumentSource,
  FailedDocument,
  IngestDocument,
  IngestOptions,
  IngestReport,
} from "./api.js";
import { checkIngestOptions, recipeOf } from "./options.js";
import { BATCH_DOCUMENTS, createBatcher } from "./pipeline/batcher.js";
import { createFailures } from "./pipeline/failures.js";
import { createIntake, type Taken } from "./pipeline/intake.js";
import { createRate } from "./pipeline/rate.js";
import { createWork, type Outcome } from "./pipeline/work.js";

/** Documents, and characters of their JSON, that are drawn and not finished. */
const PENDING_DOCUMENTS = 4 * BATCH_DOCUMENTS;
const PENDING_CHARACTERS = 2_000_000;

/**
 * Divides documents into chunks, embeds and stores them, in this process. Documents are drawn only as fast as they are stored.
 * One that is stored already, exactly so, is neither divided nor embedded again: an interrupted call is resumed by calling
 * again, and a later call does only what has changed.
 *
 * @example
 * ```ts
 * const retriever = await loadRetriever({ directory: "./index" });
 * await ingest(readDocuments(), { store: retrieverStore(retriever), prune: true });
 * ```
 * @throws BgeError `INVALID_OPTION`, `INVALID_INPUT`; the first error of a document, if some could not be ingested and there is
 * no `onFailed`; what ends the run, such as `STORE_FAILED`, `STORE_MISMATCH` or `SERVER_FAILED`. Or with `signal.reason`
 */
export async function ingest<D extends IngestDocument = AnyDocument>(
  documents: DocumentSource<D>,
  options: IngestOptions<D>,
): Promise<IngestReport> {
  checkSource(documents);
  const given = checkIngestOptions(options);
  const recipe = recipeOf(given);
  const { store } = recipe;
  const orAbort = abortable(given.signal);
  const ending = new AbortController();
  const { signal } = ending;
  const orEnd = abortable(signal);
  const until = <T>(promise: Promise<T>) => orEnd(orAbort(promise));
  const batcher = createBatcher(createWork(recipe), signal);
  const failures = createFailures();
  const onFailed = listener("onFailed", given.onFailed) ?? failures.add;
  const onProgress = listener("onProgress", given.onProgress);
  const rate = createRate();
  const intake = createIntake(documents, given.prune ?? false, fail, until);
  const counts = { stored: 0, unchanged: 0, failed: 0, chunks: 0 };
  const pending = new Map<string, Promise<void>>();
  let characters = 0;
  let wake = () => {};

  function tell(): void {
    const finished = counts.stored + counts.unchanged + counts.failed;
    onProgress?.({ documents: intake.count(), ...counts, perSecond: rate.at(finished) });
  }

  function fail(failed: FailedDocument): void {
    counts.failed++;
    onFailed(failed);
    tell();
  }

  function record(outcome: Outcome, { checked, index }: Taken): void {
    if (outcome.kind === "failed") {
      fail({ id: checked.document.id, index, error: outcome.error });
      return;
    }
    counts[outcome.kind]++;
    if (outcome.kind === "stored") counts.chunks += outcome.chunks;
    tell();
  }

  async function run(taken: Taken): Promise<void> {
    const { checked } = taken;
    try {
      record(await batcher.add(checked), taken);
    } catch (error) {
      ending.abort(error);
    } finally {
      pending.delete(checked.document.id);
      characters -= checked.characters;
      wake();
    }
  }

  const room = () => new Promise<void>((resolve) => (wake = resolve));

  async function drawAll(): Promise<void> {
    for await (const taken of intake.documents) {
      const { checked } = taken;
      const { id } = checked.document;
      // The later one of the same id takes the place of the earlier.
      const isFull = () => pending.size >= PENDING_DOCUMENTS || (pending.size > 0 && characters > PENDING_CHARACTERS);
      while (pending.has(id) || isFull()) await until(room());
      characters += checked.characters;
      pending.set(id, run(taken));
    }
    await until(Promise.all(pending.values()));
  }

  try {
    await until(store.prepare?.({ embedder: recipe.embedder, signal }) ?? Promise.resolve());
    await drawAll();
    const others = `${counts.stored + counts.unchanged} others are stored.`;
    const removed = await intake.finish(store, failures, others, signal);
    return { documents: intake.count(), ...counts, removed };
  } catch (error) {
    ending.abort(error);
    throw error;
  }
}
