import type { Embedder } from "@bge-js/core";
import type { KeptVectors } from "./kept-vectors.js";
import { inSlices } from "./slices.js";

/** Texts to embed between two additions to the file, which is what an interrupted run can lose. */
const SLICE = 256;

/** Numbers of texts so far that were embedded, and whose vectors were kept. */
export interface Counts {
  readonly embedded: number;
  readonly kept: number;
}

export interface WatchOptions {
  readonly kept: KeptVectors | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (counts: Counts) => void;
}

/**
 * Returns an embedder that takes the vectors of known texts from `kept`, reports progress and can be stopped. Both
 * frameworks use it in place of the model's, so neither needs its own cache.
 */
export function watchEmbedder(
  embedder: Embedder,
  { kept, signal, onProgress }: WatchOptions,
): { readonly embedder: Embedder; readonly counts: Counts } {
  const counts = { embedded: 0, kept: 0 };
  const embedDocuments = async (texts: readonly string[]): Promise<Float32Array[]> => {
    const vectors = texts.map((text) => kept?.get(text));
    const missing = texts.filter((_, index) => vectors[index] === undefined);
    counts.kept += texts.length - missing.length;
    const fresh: Float32Array[] = [];
    for (const slice of inSlices(missing, SLICE)) {
      const before = counts.embedded;
      const embedded = await embedder.embedDocuments(slice, {
        signal,
        onProgress: ({ completed }) => onProgress({ ...counts, embedded: before + completed }),
      });
      counts.embedded += slice.length;
      await kept?.add(slice, embedded);
      fresh.push(...embedded);
    }
    onProgress(counts);
    let next = 0;
    return vectors.map((vector) => vector ?? fresh[next++]!); // one fresh vector for each missing one
  };
  return { embedder: { ...embedder, embedDocuments }, counts };
}
