import type { SparseVector } from "../api/api.js";

/** Lexical weights from pairs of id and weight, as the head `sparse` gives them: by ascending id, without what counts for nothing. */
export function toSparseVector(pairs: Float32Array): SparseVector {
  const entries: [number, number][] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== 0) entries.push([pairs[i]!, pairs[i + 1]!]);
  entries.sort(([a], [b]) => a - b);
  return { indices: entries.map(([id]) => id), values: entries.map(([, weight]) => weight) };
}
