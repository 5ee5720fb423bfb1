/** What an embedding model can return for a text: one vector, lexical weights, or one vector per token. */
export type EmbeddingOutput = "dense" | "sparse" | "multiVector";

/** Lexical weights by token id, in the form Qdrant takes. Both arrays have one entry per distinct token. */
export interface SparseVector {
  /** Token ids, ascending. */
  readonly indices: number[];
  /** The weight of each id: above 0 and not normalised. */
  readonly values: number[];
}

/** One entry of a sparse vector, in readable form. */
export interface LexicalWeight {
  readonly id: number;
  /** The token as text: a word or part of a word. */
  readonly token: string;
  readonly weight: number;
}

/** One L2-normalised row per token. */
export interface TokenVectors {
  /** Length `rows * dimensions`, row by row: row `r` is `data.subarray(r * dimensions, (r + 1) * dimensions)`. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly dimensions: number;
}

/** The outputs requested for one text. The others are absent. All but the first three are made from the same pass. */
export interface TextEmbedding {
  /** L2-normalised, of length `dimensions`. */
  readonly dense?: Float32Array;
  readonly sparse?: SparseVector;
  /** One row per token, including `</s>` but not `<s>`. */
  readonly multiVector?: TokenVectors;
  /** `dense` in lower precision, as `quantize` returns it. */
  readonly int8?: Int8Array;
  readonly uint8?: Uint8Array;
  readonly binary?: Int8Array;
  readonly ubinary?: Uint8Array;
  /** The text's tokens before any cut, as `countTokens` counts them. */
  readonly tokenCount?: number;
}

/** What `embed` can put in a text's record. */
export type RecordOutput = keyof TextEmbedding;
