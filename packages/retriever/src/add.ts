import type { BgeError, Embedder } from "@bge-js/core";
import { invalid, type KeptRows, type KeptText, listener, turn } from "@bge-js/core/adapter";
import type { Added, AddOptions, FailedDocument, RetrieverDocument } from "./api.js";
import { failedDocuments, toDocument } from "./documents.js";
import type { Store } from "./store.js";

type Source<T> = Iterable<T> | AsyncIterable<T>;

/** Characters to index per turn of the event loop, which takes a few milliseconds. A single text may have more. */
const CHARACTERS = 20_000;
/** Documents found unchanged per turn of the event loop. */
const UNCHANGED = 64;

/** Ids of documents that calls are reading now, and how many calls or times. */
export type Reading = Map<string, number>;

export interface AddParts<D> {
  readonly store: Store<D>;
  readonly embedder: Embedder;
  readonly keptRows: KeptRows | undefined;
  readonly reading: Reading;
}

/** Implements `Retriever.add`: stores each document as its vector arrives. */
export async function addDocuments<D extends RetrieverDocument>(
  documents: Source<D | string>,
  { store, embedder, keptRows, reading }: AddParts<D>,
  { signal, onProgress }: AddOptions,
): Promise<Added> {
  const failed: FailedDocument[] = [];
  /** Documents whose vectors are pending, in the order in which these arrive. */
  const sent: { readonly index: number; readonly document: D }[] = [];
  const stored = new Set<Promise<void>>();
  let index = 0;
  let [added, replaced, unchanged] = [0, 0, 0];
  let characters = 0;

  /** The texts to read. Further fields of documents whose text is in the store are stored without reading. */
  async function* texts() {
    for await (const given of documents) {
      const document = toDocument(given, store);
      const at = index++;
      if ("code" in document && document instanceof Error) {
        failed.push({ index: at, id: idOf(given), error: document as BgeError });
        continue;
      }
      const { id, text } = document as D;
      // What another text is being read for may be about to change.
      if (!reading.has(id) && store.get(id)?.text === text) {
        stored.add(store.update(document as D));
        unchanged++;
        if (unchanged % UNCHANGED === 0) await step();
        continue;
      }
      reading.set(id, (reading.get(id) ?? 0) + 1);
      sent.push({ index: at, document: document as D });
      yield text;
    }
  }

  const tell = listener("onProgress", onProgress);
  async function step() {
    if (store.isDue()) {
      await store.commit();
      tell?.({ added, unchanged });
    }
    await turn();
    signal?.throwIfAborted();
  }

  let error: BgeError | undefined;
  const options = {
    onError: "skip",
    onSkip: (reason: BgeError) => {
      error = reason;
    },
    ...(signal && { signal }),
  } as const;
  const embedded = keptRows ? keptRows.embedStream(texts(), options) : embedder.embedStream(texts(), options);
  try {
    for await (const given of embedded) {
      const next = sent.shift();
      if (next === undefined) throw invalid("embedder", "returned more vectors than it was passed texts");
      const { index, document } = next;
      stopReading(reading, document.id);
      if (given === undefined) {
        failed.push({ index, id: document.id, error: error! });
        continue;
      }
      const { vectors, rows }: Pick<KeptText, "vectors"> & Partial<KeptText> = keptRows
        ? (given as KeptText)
        : { vectors: [given as Float32Array] };
      if (store.has(document.id)) replaced++;
      stored.add(store.put(document, vectors, rows));
      added++;
      characters += document.text.length;
      if (store.isDue()) {
        await store.commit();
        tell?.({ added, unchanged });
      }
      if (characters > CHARACTERS) {
        characters = 0;
        await turn();
      }
    }
    if (sent.length > 0) throw invalid("embedder", `returned ${sent.length} vectors fewer than it was passed texts`);
  } finally {
    for (const { document } of sent) stopReading(reading, document.id);
    // What was read stays, even if the call is aborted.
    await store.commit();
  }
  await Promise.all(stored);
  if (failed.length > 0) {
    throw failedDocuments(
      failed.sort((a, b) => a.index - b.index),
      added,
    );
  }
  return { added, replaced, unchanged };
}

function stopReading(reading: Reading, id: string): void {
  const times = reading.get(id)! - 1;
  if (times === 0) reading.delete(id);
  else reading.set(id, times);
}

function idOf(given: unknown): string | undefined {
  const id = (given as Partial<RetrieverDocument> | undefined)?.id;
  return typeof id === "string" && id !== "" ? id : undefined;
}
