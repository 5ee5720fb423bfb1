import type { BgeError, SparseVector } from "@bge-js/core";
import { invalid, listener, turn } from "@bge-js/core/adapter";
import type { RetrieverDocument } from "@bge-js/retriever";
import { type FailedDocument, failedDocuments } from "@bge-js/retriever/adapter";
import type { QdrantAdded, QdrantAddOptions } from "./api.js";
import { type Collection, type Facts, fixAverageWords } from "./collection.js";
import { ADD_PATIENCE } from "./failures.js";
import { bytesOf, rowsRefusal, type Sent, toPoint, toSent } from "./points.js";
import type { ReadDocument, Reader } from "./reader.js";
import { createSender, storedHashes } from "./sender.js";
import { documentWords, lengthInWords } from "./words.js";

type Source<T> = Iterable<T> | AsyncIterable<T>;

/** Documents that are looked up at once, whether they are stored already. */
const LOOKUP = 128;
/** Documents by whose lengths the mean length is measured. */
const SAMPLE = 1000;

/** Implements `QdrantRetriever.add`: stores documents as their vectors arrive. */
export async function addDocuments<D extends RetrieverDocument>(
  documents: Source<D | string>,
  collection: Collection,
  reader: Reader,
  { signal, onProgress }: QdrantAddOptions,
): Promise<QdrantAdded> {
  const failed: FailedDocument[] = [];
  const tell = listener("onProgress", onProgress);
  /** Documents whose vectors are pending, in the order in which these arrive. */
  const reading: Sent[] = [];
  /** How often a point is on its way: what the server has of it is not the last word. */
  const pending = new Map<string, number>();
  /** Points that the collection had before, of those on their way. */
  const had = new Set<string>();
  let { averageWords } = collection.facts;
  let added = 0;
  let replaced = 0;
  let unchanged = 0;
  let thrown: { readonly error: unknown } | undefined;

  const sender = createSender(
    collection,
    signal,
    (stored) => {
      for (const { point } of stored) {
        if (had.has(point)) replaced++;
        // A later one of the same id takes its place.
        had.add(point);
        leave(point);
      }
      added += stored.length;
      try {
        tell?.({ added, unchanged });
      } catch (error) {
        thrown ??= { error };
      }
    },
    (failure, { point }) => {
      failed.push(failure);
      leave(point);
    },
  );

  function leave(point: string): void {
    const count = pending.get(point)! - 1;
    if (count > 0) pending.set(point, count);
    else {
      pending.delete(point);
      had.delete(point);
    }
  }

  /** The texts to read: of documents that are not stored already. */
  async function* texts(): AsyncGenerator<string> {
    for await (const window of windowsOf(documents)) {
      const usable: Sent[] = [];
      for (const { given, index } of window) {
        const sent = toSent(given, index);
        if ("code" in sent) failed.push({ index, id: undefined, error: sent });
        else usable.push(sent);
      }
      if (usable.length === 0) continue;
      const points = [...new Set(usable.map(({ point }) => point))];
      const hashes = await storedHashes(collection, points, signal, ADD_PATIENCE);
      for (const sent of usable) {
        const { point, hash, text } = sent;
        if (!pending.has(point) && hashes.get(point) === hash) {
          unchanged++;
          continue;
        }
        if (hashes.has(point)) had.add(point);
        pending.set(point, (pending.get(point) ?? 0) + 1);
        reading.push(sent);
        yield text;
      }
    }
  }

  /** Waits for a sample, if the mean length is not known, and then gives the same texts. */
  async function* measured(source: AsyncGenerator<string>): AsyncGenerator<string> {
    if (!reader.ownWeights && averageWords === undefined) {
      const sample: string[] = [];
      while (sample.length < SAMPLE) {
        const next = await source.next();
        if (next.done) break;
        sample.push(next.value);
      }
      if (sample.length === 0) return;
      averageWords = await fixAverageWords(collection, meanLength(sample), signal);
      yield* sample;
    }
    yield* source;
  }

  let reason: BgeError | undefined;
  const options = {
    // What a batch has in common is not held against each of its documents.
    retryLost: true,
    onSkip: (error: BgeError) => {
      reason = error;
    },
    ...(signal && { signal }),
  };
  try {
    for await (const read of reader.embedStream(measured(texts()), options)) {
      if (thrown !== undefined) throw thrown.error;
      const sent = reading.shift();
      if (sent === undefined) throw invalid("embedder", "returned more vectors than it was passed texts");
      const refusal = read === undefined ? reason! : rowsRefusal(read, reader.rowDimensions);
      if (read === undefined || refusal !== undefined) {
        failed.push({ index: sent.index, id: sent.id, error: refusal! });
        leave(sent.point);
        continue;
      }
      const words = wordsOf(sent, read, averageWords);
      await sender.push(sent, toPoint(sent, read, words, reader.rowDimensions), bytesOf(sent, read, words));
      // Numbers become JSON here: other work has its turn between two documents.
      await turn();
    }
    await sender.finish();
  } catch (error) {
    await sender.finish().catch(() => {});
    throw error;
  }
  if (thrown !== undefined) throw thrown.error;
  if (failed.length > 0) {
    throw failedDocuments(
      failed.sort((a, b) => a.index - b.index),
      added + unchanged,
    );
  }
  return { added, replaced, unchanged };
}

function wordsOf({ text }: Sent, { sparse }: ReadDocument, averageWords: Facts["averageWords"]): SparseVector {
  // Known since before the first text was read.
  return sparse ?? documentWords(text, averageWords!);
}

function meanLength(texts: readonly string[]): number {
  const words = texts.reduce((sum, text) => sum + lengthInWords(text), 0);
  // Texts without any word have no length to compare with.
  return Math.max(1, words / texts.length);
}

/** Draws documents in windows, with their places in the source. */
async function* windowsOf<T>(source: Source<T>) {
  let window: { readonly given: T; readonly index: number }[] = [];
  let index = 0;
  for await (const given of source) {
    window.push({ given, index: index++ });
    if (window.length < LOOKUP) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}
