import { BgeError, type Embedder } from "@bge-js/core";
import type { KeptRows } from "@bge-js/core/adapter";
import type { Intake, ReadDocument, Taken } from "./add.js";
import type { RetrieverDocument } from "./api.js";
import { checkDocument, copyFields, takeDocument, unusableDocument } from "./documents.js";
import type { Store } from "./store.js";

/** Documents of which the text is read: in windows, where the rows of its tokens are kept. */
export function textIntake<D extends RetrieverDocument>(
  store: Store<D>,
  embedder: Embedder,
  keptRows: KeptRows | undefined,
): Intake<D | string, D, string> {
  return {
    take: (given) => toDocument(given, store),
    isSame: (known, { text }) => known.text === text,
    embed: (texts, options) =>
      keptRows === undefined
        ? readDocuments(embedder.embedStream(texts, options))
        : keptRows.embedStream(texts, options),
  };
}

/** What the model has read of documents with one vector each. */
export async function* readDocuments(
  vectors: AsyncIterable<Float32Array | undefined>,
): AsyncGenerator<ReadDocument | undefined, void, undefined> {
  for await (const vector of vectors) yield vector && { vectors: [vector] };
}

/** Copies the caller's document, whose text must not change. A string gets its id from the store. */
function toDocument<D extends RetrieverDocument>(given: D | string, store: Store<D>): Taken<D, string> {
  // A document from a string has no additional fields.
  if (typeof given === "string") return { document: { id: store.nextId(), text: given } as D, input: given };
  const document = takeDocument(() => copyOf(given, store));
  return document instanceof BgeError ? { error: document } : { document, input: document.text };
}

function copyOf<D extends RetrieverDocument>(given: D, store: Store<D>): D | BgeError {
  const problem = checkDocument(given, "{ id, text }");
  if (problem !== undefined) return problem;
  const { id, text } = given;
  if (typeof text !== "string") return unusableDocument("needs a text, a string");
  const copy = copyFields(given, store);
  if (copy instanceof BgeError || (copy.id === id && copy.text === text)) return copy;
  // A copy has no getters of a class.
  return unusableDocument("is kept as a copy, which does not have its id and text: pass a plain object { id, text }");
}
