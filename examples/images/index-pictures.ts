import { BgeError } from "@bge-js/core";
import type { MultimodalRetriever } from "@bge-js/retriever/multimodal";
import type { Progress } from "../demo/progress.js";
import type { Picture } from "./pictures.js";

export interface IndexedPictures {
  /** The pictures that could be read. */
  readonly pictures: readonly Picture[];
  /** Why the others could not. */
  readonly unreadable: readonly { readonly name: string; readonly reason: string }[];
  readonly counts: { readonly embedded: number; readonly kept: number; readonly removed: number };
}

/** Brings an index up to date, in which pictures are known by their content. One that is broken is named and left out. */
export async function indexPictures(
  pictures: readonly Picture[],
  retriever: MultimodalRetriever,
  progress: Progress,
  signal: AbortSignal,
): Promise<IndexedPictures> {
  // Two files with the same content are one document.
  const wanted = new Map(pictures.map((one) => [one.hash, one]));
  const gone: string[] = [];
  for await (const id of retriever.ids()) if (!wanted.has(id)) gone.push(id);
  const removed = await retriever.remove(gone);
  const fresh = [...wanted.values()].filter(({ hash }) => !retriever.has(hash));
  const reasons = new Map<string, string>();
  await retriever
    .add(
      fresh.map(({ hash, path }) => ({ id: hash, image: path })),
      {
        signal,
        onFailed: ({ id, error }) => reasons.set(id!, error.message),
        onProgress: ({ added }) => progress.update(pictures.length - fresh.length + reasons.size + added, added),
      },
    )
    .catch((error: unknown) => {
      // Those that cannot be read; all others are in the index.
      if (!(error instanceof BgeError) || error.indices === undefined) throw error;
    })
    .finally(progress.finish);
  const readable = pictures.filter(({ hash }) => !reasons.has(hash));
  const embedded = fresh.length - reasons.size;
  return {
    pictures: readable,
    unreadable: pictures.flatMap(({ name, hash }) => (reasons.has(hash) ? [{ name, reason: reasons.get(hash)! }] : [])),
    counts: { embedded, kept: readable.length - embedded, removed },
  };
}
