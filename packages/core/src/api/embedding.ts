/** What an embedding model can give for a text: one vector, lexical weights, a vector a token. */
export type EmbeddingOutput = "dense" | "sparse" | "multiVector";

/** Lexical weights by token id, ids ascending: the form that Qdrant takes. Weights are over 0 and not normalised. */
export interface SparseVector {
  readonly indices: number[];
  readonly values: number[];
}

/** One entry of a sparse vector, readable. */
export interface LexicalWeight {
  readonly id: number;
  /** The token as text: a word, or a piece of one. */
  readonly token: string;
  readonly weight: number;
}

/** One L2-normalised row a token: row `r` is `data[r * dimensions, (r + 1) * dimensions)`. */
export interface TokenVectors {
  readonly data: Float32Array;
  readonly rows: number;
  readonly dimensions: number;
}

/** What was asked for of one text; the rest is not there. */
export interface TextEmbedding {
  readonly dense?: Float32Array;
  readonly sparse?: SparseVector;
  /** One row a token, `</s>` with them, `<s>` not. */
  readonly multiVector?: TokenVectors;
}
