import type { CallOptions, Embedder, EmbedStreamOptions, SparseVector } from "@bge-js/core";
import { expandRows, invalid, keptRowsOf, rerankerFor, splitWindows } from "@bge-js/core/adapter";
import type { Stage } from "@bge-js/retriever";
import { queryWords } from "./words.js";

/** What one pass of the model gives for a document. */
export interface ReadDocument {
  readonly dense: Float32Array;
  /** The model's own lexical weights. */
  readonly sparse?: SparseVector;
  /** Token rows, one after the other. */
  readonly rows?: Float32Array;
}

/** A query's vectors, by the stages that need them. */
export interface ReadQuery {
  readonly dense?: readonly number[];
  readonly lexical?: SparseVector;
  readonly lateInteraction?: readonly (readonly number[])[];
}

/** Reads texts into the vectors that a collection has. */
export interface Reader {
  /** Whether the model has lexical weights of its own, in place of words. */
  readonly ownWeights: boolean;
  /** Numbers of a token row; `undefined` without late interaction. */
  readonly rowDimensions: number | undefined;
  embedStream(
    texts: AsyncIterable<string>,
    options: Pick<EmbedStreamOptions, "signal" | "onSkip" | "retryLost">,
  ): AsyncGenerator<ReadDocument | undefined, void, undefined>;
  readQuery(query: string, stages: readonly Stage[], options: CallOptions): Promise<ReadQuery>;
}

/** @throws BgeError `INVALID_OPTION` for late interaction with a model that has no token rows to keep */
export function createReader(embedder: Embedder, lateInteraction: boolean | undefined): Reader {
  const { sparseOutput, multiVectorOutput } = embedder.spec;
  if (sparseOutput !== undefined) return hybridReader(embedder, lateInteraction ?? multiVectorOutput !== undefined);
  const wanted =
    lateInteraction ?? (embedder.spec.lateInteraction === true && rerankerFor(embedder.spec.id) !== undefined);
  if (!wanted) return denseReader(embedder);
  return keepingReader(embedder);
}

/** For bge-m3: all its outputs from one pass. */
function hybridReader(embedder: Embedder, late: boolean): Reader {
  const { spec, dimensions } = embedder;
  if (late && spec.multiVectorOutput === undefined) throw noRows(embedder);
  const outputs = late ? (["dense", "sparse", "multiVector"] as const) : (["dense", "sparse"] as const);
  return {
    ownWeights: true,
    rowDimensions: late ? dimensions : undefined,
    async *embedStream(texts, options) {
      for await (const one of embedder.embedStream(texts, { ...options, onError: "skip", outputs })) {
        yield one && { dense: one.dense, sparse: one.sparse, ...(late && { rows: rowsOf(one) }) };
      }
    },
    async readQuery(query, stages, options) {
      const wanted = outputs.filter((output) => stages.includes(STAGE_OF[output]));
      const [one] = await embedder.embed([query], { ...options, inputType: "query", outputs: wanted });
      const { dense, sparse, multiVector } = one as Partial<NonNullable<typeof one>>;
      return {
        ...(dense && { dense: Array.from(dense) }),
        ...(sparse && { lexical: sparse }),
        ...(multiVector && { lateInteraction: split(multiVector.data, multiVector.dimensions) }),
      };
    },
  };
}

const STAGE_OF = { dense: "dense", sparse: "lexical", multiVector: "lateInteraction" } as const;

function rowsOf(one: object): Float32Array {
  return (one as { readonly multiVector: { readonly data: Float32Array } }).multiVector.data;
}

/** For models whose last hidden state is kept: rows as `@bge-js/retriever` keeps them, decompressed. */
function keepingReader(embedder: Embedder): Reader {
  const kept = keptRowsOf(embedder);
  if (kept === undefined) throw noRows(embedder);
  const { dimensions } = embedder;
  const plain = denseReader(embedder);
  return {
    ownWeights: false,
    rowDimensions: dimensions,
    async *embedStream(texts, options) {
      for await (const one of kept.embedStream(texts, { ...options, onError: "skip" })) {
        yield one && { dense: one.vectors[0]!, rows: allRows(one.rows) };
      }
    },
    async readQuery(query, stages, options) {
      if (!stages.includes("lateInteraction")) return plain.readQuery(query, stages, options);
      const { vector, side } = await kept.readQuery(query, options);
      return {
        ...(stages.includes("dense") && { dense: Array.from(vector) }),
        ...(stages.includes("lexical") && { lexical: queryWords(query) }),
        lateInteraction: split(side.rows, dimensions),
      };
    },
  };
}

/** Returns the rows of all windows in which a text was read. */
function allRows(kept: Uint8Array): Float32Array {
  const parts = splitWindows(kept).windows.map(({ rows }) => expandRows(rows).rows);
  const all = new Float32Array(parts.reduce((sum, rows) => sum + rows.length, 0));
  let at = 0;
  for (const rows of parts) {
    all.set(rows, at);
    at += rows.length;
  }
  return all;
}

function denseReader(embedder: Embedder): Reader {
  return {
    ownWeights: false,
    rowDimensions: undefined,
    async *embedStream(texts, options) {
      for await (const dense of embedder.embedStream(texts, { ...options, onError: "skip" })) yield dense && { dense };
    },
    async readQuery(query, stages, options) {
      return {
        ...(stages.includes("dense") && { dense: Array.from(await embedder.embedQuery(query, options)) }),
        ...(stages.includes("lexical") && { lexical: queryWords(query) }),
      };
    },
  };
}

/** Splits rows that lie one after the other. */
export function split(data: Float32Array, dimensions: number): number[][] {
  return Array.from({ length: data.length / dimensions }, (_, row) =>
    Array.from(data.subarray(row * dimensions, (row + 1) * dimensions)),
  );
}

function noRows({ spec }: Embedder) {
  return invalid(
    "lateInteraction",
    `cannot be true: ${spec.id} has no token rows to store, or was not loaded by loadEmbedder. Leave it out`,
  );
}
