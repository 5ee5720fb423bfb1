import type { BgeError, Embedder } from "@bge-js/core";
import { invalid, type KeptRows, type KeptText, listener, turn } from "@bge-js/core/adapter";
import type { Added, AddOptions, FailedDocument, RetrieverDocument } from "./api.js";
import { failedDocuments, toDocument } from "./documents.js";
import { checkVector } from "./options.js";
import type { Store } from "./store.js";

type Source<T> = Iterable<T> | AsyncIterable<T>;

/** Characters to index per turn of the event loop, which takes a few milliseconds. A single text may have more. */
const CHARACTERS = 20_000;

/** Implements `Retriever.add`: stores each document as its vector arrives. */
export async function addDocuments<D extends RetrieverDocument>(
  documents: Source<D | string>,
  store: Store<D>,
  embedder: Embedder,
  keptRows: KeptRows | undefined,
  nextId: () => string,
  { signal, onProgress }: AddOptions,
): Promise<Added> {
  const failed: FailedDocument[] = [];
  /** Documents whose vectors are pending, in the order in which these arrive. */
  const sent: { readonly index: number; readonly document: D }[] = [];
  let index = 0;
  let added = 0;
  let replaced = 0;
  let characters = 0;

  function textOf(given: D | string): string | undefined {
    const document = toDocument(given, nextId);
    const at = index++;
    if ("code" in document && document instanceof Error) {
      failed.push({ index: at, id: undefined, error: document as BgeError });
      return undefined;
    }
    sent.push({ index: at, document: document as D });
    return (document as D).text;
  }

  let error: BgeError | undefined;
  const options = {
    onError: "skip",
    onSkip: (reason: BgeError) => {
      error = reason;
    },
    ...(signal && { signal }),
  } as const;
  const texts = textsOf(documents, textOf);
  const embedded = keptRows ? keptRows.embedStream(texts, options) : embedder.embedStream(texts, options);
  const tell = listener("onProgress", onProgress);
  for await (const given of embedded) {
    const next = sent.shift();
    if (next === undefined) throw invalid("embedder", "returned more vectors than it was passed texts");
    const { index, document } = next;
    if (given === undefined) failed.push({ index, id: document.id, error: error! });
    else {
      const { vectors, rows }: Pick<KeptText, "vectors"> & Partial<KeptText> = keptRows
        ? (given as KeptText)
        : { vectors: [given as Float32Array] };
      for (const vector of vectors) checkVector(vector, embedder.dimensions);
      if (store.put(document, vectors, rows)) replaced++;
      added++;
      tell?.({ added });
      characters += document.text.length;
    }
    if (characters > CHARACTERS) {
      characters = 0;
      await turn();
    }
  }
  if (sent.length > 0) throw invalid("embedder", `returned ${sent.length} vectors fewer than it was passed texts`);
  if (failed.length > 0) {
    throw failedDocuments(
      failed.sort((a, b) => a.index - b.index),
      added,
    );
  }
  return { added, replaced };
}

/** Keeps a sync source sync: the embedder draws from the two kinds differently. */
function textsOf<T>(source: Source<T>, textOf: (given: T) => string | undefined): Source<string> {
  return Symbol.asyncIterator in source ? asyncTexts(source, textOf) : syncTexts(source, textOf);
}

function* syncTexts<T>(source: Iterable<T>, textOf: (given: T) => string | undefined) {
  for (const given of source) {
    const text = textOf(given);
    if (text !== undefined) yield text;
  }
}

async function* asyncTexts<T>(source: AsyncIterable<T>, textOf: (given: T) => string | undefined) {
  for await (const given of source) {
    const text = textOf(given);
    if (text !== undefined) yield text;
  }
}
