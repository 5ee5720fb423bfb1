import type { Embedder } from "@bge-js/core";
import type { KeptVectors } from "./kept-vectors.js";
import { inSlices } from "./slices.js";

/** Texts embedded between two additions to the file: what a run that is stopped can lose. */
const SLICE = 256;

/** Texts so far that had to be embedded, and texts whose vectors were there. */
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
 * An embedder that takes the vectors of known texts from `kept`, tells of its progress, and can be stopped. Both frameworks
 * are given it in place of the model's, so neither needs a cache of its own.
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
    return vectors.map((vector) => vector ?? fresh[next++]!); // one of fresh for each that was missing
  };
  return { embedder: { ...embedder, embedDocuments }, counts };
}
