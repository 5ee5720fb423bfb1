import type { BgeError, EmbedStreamOptions } from "@bge-js/core";
import { invalid, listener, turn } from "@bge-js/core/adapter";
import type { Added, AddOptions, FailedDocument } from "./api.js";
import { failedDocuments, ofDocument } from "./documents.js";
import type { Store, Stored } from "./store.js";

type Source<T> = Iterable<T> | AsyncIterable<T>;

/** Characters to index per turn of the event loop, which takes a few milliseconds. A single text may have more. */
const CHARACTERS = 20_000;
/** Documents found unchanged per turn of the event loop. */
const UNCHANGED = 64;

/** Ids of documents that calls are reading now, and how many calls or times. */
export type Reading = Map<string, number>;

/** How the documents of one kind of retriever are read: what is kept of them, and what a model reads. */
export interface Intake<Given, D, Input> {
  take(given: Given, signal: AbortSignal | undefined): Taken<D, Input> | Promise<Taken<D, Input>>;
  /** True if the model would read the same of both. */
  isSame(known: D, document: D): boolean;
  /** Yields one for each input, in their order; `undefined` for one that is skipped. */
  embed(
    inputs: AsyncIterable<Input>,
    options: Pick<EmbedStreamOptions, "signal" | "onSkip"> & { readonly onError: "skip" },
  ): AsyncIterable<ReadDocument | undefined>;
}

/** A document to keep and what the model is to read of it; or why it cannot be used. */
export type Taken<D, Input> =
  | { readonly document: D; readonly input: Input; readonly error?: undefined }
  | { readonly error: BgeError };

/** What the model has read of a document. */
export interface ReadDocument {
  readonly vectors: readonly Float32Array[];
  readonly rows?: Uint8Array;
}

export interface AddParts<Given, D, Input> {
  readonly store: Store<D>;
  readonly intake: Intake<Given, D, Input>;
  readonly reading: Reading;
}

/** Implements `Retriever.add`: stores each document as its vector arrives. */
export async function addDocuments<Given, D extends Stored, Input>(
  documents: Source<Given>,
  { store, intake, reading }: AddParts<Given, D, Input>,
  { signal, onProgress, onFailed }: AddOptions,
): Promise<Added> {
  const failed: FailedDocument[] = [];
  /** Documents whose vectors are pending, in the order in which these arrive. */
  const sent: { readonly index: number; readonly document: D }[] = [];
  const stored = new Set<Promise<void>>();
  let index = 0;
  let [added, replaced, unchanged] = [0, 0, 0];
  let characters = 0;

  /** What is to be read. Further fields of documents that the store has with the same content are stored without reading. */
  async function* inputs() {
    for await (const given of documents) {
      const at = index++;
      const taken = await intake.take(given, signal);
      if (taken.error !== undefined) {
        fail({ index: at, id: idOf(given), error: taken.error });
        continue;
      }
      const { document, input } = taken;
      const { id } = document;
      // What another text is being read for may be about to change.
      const known = reading.has(id) ? undefined : store.get(id);
      if (known !== undefined && intake.isSame(known, document)) {
        stored.add(store.update(document));
        unchanged++;
        if (unchanged % UNCHANGED === 0) await step();
        continue;
      }
      reading.set(id, (reading.get(id) ?? 0) + 1);
      sent.push({ index: at, document });
      yield input;
    }
  }

  const tell = listener("onProgress", onProgress);
  const tellFailed = listener("onFailed", onFailed);
  function fail(one: FailedDocument) {
    failed.push(one);
    tellFailed?.(one);
  }
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
    // What a batch has in common is not held against each of its documents.
    retryLost: true,
    onSkip: (reason: BgeError) => {
      error = reason;
    },
    ...(signal && { signal }),
  } as const;
  try {
    for await (const read of intake.embed(inputs(), options)) {
      const next = sent.shift();
      if (next === undefined) throw invalid("embedder", "returned more vectors than it was passed documents");
      const { index, document } = next;
      stopReading(reading, document.id);
      if (read === undefined) {
        fail({ index, id: document.id, error: ofDocument(error!) });
        continue;
      }
      if (store.has(document.id)) replaced++;
      stored.add(store.put(document, read.vectors, read.rows));
      added++;
      characters += document.text?.length ?? 0;
      if (store.isDue()) {
        await store.commit();
        tell?.({ added, unchanged });
      }
      if (characters > CHARACTERS) {
        characters = 0;
        await turn();
      }
    }
    if (sent.length > 0) {
      throw invalid("embedder", `returned ${sent.length} vectors fewer than it was passed documents`);
    }
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
  try {
    const id = (given as Partial<Stored> | undefined)?.id;
    return typeof id === "string" && id !== "" ? id : undefined;
  } catch {
    return undefined;
  }
}
