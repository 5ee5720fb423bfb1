import type { EmbeddingOutput, SparseVector, TextEmbedding, TokenVectors } from "../api/embedding.js";
import { BgeError, invalid } from "../api/errors.js";
import type { EmbeddingSpec } from "../api/model.js";
import type { Head, ModelInfo } from "../protocol.js";
import { splitRow } from "../protocol.js";

/** The graph's output that holds a text's vector, or its tokens' where the graph does not pool. */
export function mainOutput(spec: EmbeddingSpec): string {
  return spec.output ?? "last_hidden_state";
}

/** The names of all outputs that the facts tell of. */
export function namedOutputs(spec: EmbeddingSpec): string[] {
  return [mainOutput(spec), spec.sparseOutput, spec.multiVectorOutput].filter((name) => name !== undefined);
}

/** What a loader needs of the graph; `hidden` are the token vectors before any pooling. */
export type NeededOutput = EmbeddingOutput | "hidden";

/** What a model can give: every one has dense vectors. */
function offered(spec: EmbeddingSpec): EmbeddingOutput[] {
  const { sparseOutput, multiVectorOutput } = spec;
  return [
    "dense",
    ...(sparseOutput === undefined ? [] : (["sparse"] as const)),
    ...(multiVectorOutput === undefined ? [] : (["multiVector"] as const)),
  ];
}

/** The facts without the names of outputs that the graph has not. */
export function presentOutputs(facts: EmbeddingSpec, outputs: readonly string[]): EmbeddingSpec {
  const { sparseOutput, multiVectorOutput, ...spec } = facts;
  return {
    ...spec,
    ...(sparseOutput !== undefined && outputs.includes(sparseOutput) ? { sparseOutput } : {}),
    ...(multiVectorOutput !== undefined && outputs.includes(multiVectorOutput) ? { multiVectorOutput } : {}),
  };
}

/** Refuses token vectors of a graph that gives finished text vectors alone. */
export function checkTokenOutput(spec: EmbeddingSpec, info: ModelInfo, { output }: Head): void {
  if (info.probe.shapes[output]?.length === 3) return;
  throw new BgeError("MODEL_MISMATCH", `${spec.id} as loaded pools in its graph: it has no token vectors.`, {
    parameter: "model",
  });
}

const ALL: readonly EmbeddingOutput[] = ["dense", "sparse", "multiVector"];

/** Refuses what is no list of outputs, and outputs that the model has not. */
export function checkOutputs(spec: EmbeddingSpec, outputs: readonly EmbeddingOutput[]): void {
  const named = Array.isArray(outputs) && outputs.length > 0 && outputs.every((output) => ALL.includes(output));
  if (!named || new Set(outputs).size < outputs.length) {
    throw invalid("outputs", `must be a list of some of ${ALL.join(", ")}, each once`);
  }
  const missing = outputs.filter((output) => !offered(spec).includes(output));
  if (missing.length === 0) return;
  throw new BgeError(
    "MODEL_MISMATCH",
    `${spec.id} as loaded has no ${missing.join(" and no ")} output; it has ${offered(spec).join(", ")}. ` +
      "bge-m3 needs an ONNX file with its heads: see tools/export of bge-js, which writes one, and its names into bge.json.",
    { parameter: "outputs" },
  );
}

/** The heads of a run, in the order of `outputs`. */
export function headsOf(spec: EmbeddingSpec, outputs: readonly EmbeddingOutput[], dimensions: number): Head[] {
  return outputs.map((output) => {
    if (output === "sparse") return { type: "sparse", output: spec.sparseOutput! };
    if (output === "multiVector") return tokensHead(spec, dimensions);
    return { type: "vector", output: mainOutput(spec), pooling: spec.pooling, dimensions };
  });
}

/** The multi-vectors where the model has them, which are none for the first token; else the hidden state of every token. */
export function tokensHead(spec: EmbeddingSpec, dimensions: number): Extract<Head, { type: "tokens" }> {
  const { multiVectorOutput } = spec;
  return multiVectorOutput === undefined
    ? { type: "tokens", output: mainOutput(spec), dimensions, skip: 0 }
    : { type: "tokens", output: multiVectorOutput, dimensions, skip: 1 };
}

/** One text's numbers, of `tokens` tokens, as the outputs that were asked for. */
export function toEmbedding(
  data: Float32Array,
  tokens: number,
  outputs: readonly EmbeddingOutput[],
  heads: readonly Head[],
): TextEmbedding {
  const embedding: { -readonly [K in keyof TextEmbedding]: TextEmbedding[K] } = {};
  const parts = splitRow(data, heads, tokens);
  for (const [i, output] of outputs.entries()) {
    const values = parts[i]!;
    if (output === "dense") embedding.dense = values;
    else if (output === "sparse") embedding.sparse = toSparseVector(values);
    else embedding.multiVector = toTokenVectors(values, heads[i] as Extract<Head, { type: "tokens" }>);
  }
  return embedding;
}

export function toTokenVectors(data: Float32Array, { dimensions }: { readonly dimensions: number }): TokenVectors {
  return { data, rows: data.length / dimensions, dimensions };
}

/** Lexical weights from pairs of id and weight, as the head `sparse` gives them: by ascending id, without what counts for nothing. */
export function toSparseVector(pairs: Float32Array): SparseVector {
  const entries: [number, number][] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== 0) entries.push([pairs[i]!, pairs[i + 1]!]);
  entries.sort(([a], [b]) => a - b);
  return { indices: entries.map(([id]) => id), values: entries.map(([, weight]) => weight) };
}
