import type { AnyDocument, ChunkedDocument, IngestStore } from "@bge-js/ingest";

/** A store in memory, as somebody would write one. */
export interface MemoryStore {
  readonly store: IngestStore;
  readonly documents: Map<string, ChunkedDocument>;
  /** The texts of each document's chunks. */
  texts(): Record<string, string[]>;
  /** Documents put so far. */
  puts(): number;
}

/** @param before runs before anything is put */
export function createStore(
  before: (documents: readonly ChunkedDocument[]) => Promise<void> = async () => {},
): MemoryStore {
  const documents = new Map<string, ChunkedDocument>();
  let puts = 0;
  const store: IngestStore = {
    async versions(ids) {
      return ids.map((id) => documents.get(id)?.version);
    },
    async put(given) {
      await before(given);
      puts += given.length;
      for (const document of given) documents.set(document.id, document);
      return [];
    },
    async remove(ids) {
      for (const id of ids) documents.delete(id);
    },
    async *ids() {
      yield* documents.keys();
    },
  };
  const texts = () =>
    Object.fromEntries([...documents].map(([id, { chunks }]) => [id, chunks.map(({ text }) => text)]));
  return { store, documents, texts, puts: () => puts };
}

/** Each document is one chunk. */
export const whole = { chunk: ({ text }: AnyDocument) => [text], recipe: "whole" };

export const documentOf = (i: number, edition = 0): AnyDocument => ({
  id: `doc ${i}`,
  text: `text ${i} in edition ${edition}`,
  i,
});

export const documentsTo = (count: number) => Array.from({ length: count }, (_, i) => documentOf(i));

export const textsOf = (documents: readonly AnyDocument[]) =>
  Object.fromEntries(documents.map(({ id, text }) => [id, [text]]));

/** A promise, and what resolves it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
