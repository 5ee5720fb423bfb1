import type { EmbeddingOutput, SparseVector, TextEmbedding, TokenVectors } from "../api/embedding.js";
import { BgeError } from "../api/errors.js";
import type { EmbeddingSpec } from "../api/model.js";
import type { Head, ModelInfo } from "../protocol.js";
import { splitRow } from "../protocol.js";

/** Returns the name of the graph output that holds a text's vector, or its token vectors if the graph does not pool. */
export function mainOutput(spec: EmbeddingSpec): string {
  return spec.output ?? "last_hidden_state";
}

/** Returns the names of all outputs in the model facts. */
export function namedOutputs(spec: EmbeddingSpec): string[] {
  return [mainOutput(spec), spec.sparseOutput, spec.multiVectorOutput].filter((name) => name !== undefined);
}

/** What a loader needs from the graph. `hidden` stands for the token vectors before pooling. */
export type NeededOutput = EmbeddingOutput | "hidden";

/** Returns the outputs that a model has: dense vectors always. */
function offered(spec: EmbeddingSpec): EmbeddingOutput[] {
  const { sparseOutput, multiVectorOutput } = spec;
  return [
    "dense",
    ...(sparseOutput === undefined ? [] : (["sparse"] as const)),
    ...(multiVectorOutput === undefined ? [] : (["multiVector"] as const)),
  ];
}

/** Returns the facts without the names of outputs that the graph lacks. */
export function presentOutputs(facts: EmbeddingSpec, outputs: readonly string[]): EmbeddingSpec {
  const { sparseOutput, multiVectorOutput, ...spec } = facts;
  return {
    ...spec,
    ...(sparseOutput !== undefined && outputs.includes(sparseOutput) ? { sparseOutput } : {}),
    ...(multiVectorOutput !== undefined && outputs.includes(multiVectorOutput) ? { multiVectorOutput } : {}),
  };
}

/** Checks that the graph has token vectors and not only pooled ones. */
export function checkTokenOutput(spec: EmbeddingSpec, info: ModelInfo, { output }: Head): void {
  if (info.probe.shapes[output]?.length === 3) return;
  throw new BgeError("MODEL_MISMATCH", `The graph of ${spec.id} pools its output, so there are no token vectors.`, {
    parameter: "model",
  });
}

/** What a model itself may give. */
export const MODEL_OUTPUTS: readonly EmbeddingOutput[] = ["dense", "sparse", "multiVector"];

/** Checks that the model has these outputs. */
export function checkOutputs(spec: EmbeddingSpec, outputs: readonly EmbeddingOutput[]): void {
  const missing = outputs.filter((output) => !offered(spec).includes(output));
  if (missing.length === 0) return;
  throw new BgeError(
    "MODEL_MISMATCH",
    `${spec.id} was loaded without ${missing.join(" and ")} output; it has ${offered(spec).join(", ")}. ` +
      "bge-m3 needs an ONNX file with all its heads: tools/export of bge-js writes one, with their names in bge.json.",
    { parameter: "outputs" },
  );
}

/** Returns the heads of a run, in the order of `outputs`. */
export function headsOf(spec: EmbeddingSpec, outputs: readonly EmbeddingOutput[], dimensions: number): Head[] {
  return outputs.map((output) => {
    if (output === "sparse") return { type: "sparse", output: spec.sparseOutput! };
    if (output === "multiVector") return tokensHead(spec, dimensions);
    return { type: "vector", output: mainOutput(spec), pooling: spec.pooling, dimensions };
  });
}

/**
 * Returns the head for token vectors: multi-vectors if the model has them (none for the first token), otherwise the
 * hidden state of every token.
 */
export function tokensHead(spec: EmbeddingSpec, dimensions: number): Extract<Head, { type: "tokens" }> {
  const { multiVectorOutput } = spec;
  return multiVectorOutput === undefined
    ? { type: "tokens", output: mainOutput(spec), dimensions, skip: 0 }
    : { type: "tokens", output: multiVectorOutput, dimensions, skip: 1 };
}

/** Converts the numbers of one text of `tokens` tokens to the requested outputs. */
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

/** Converts the `sparse` head's pairs of id and weight to a sparse vector, by ascending id and without zero weights. */
export function toSparseVector(pairs: Float32Array): SparseVector {
  const entries: [number, number][] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== 0) entries.push([pairs[i]!, pairs[i + 1]!]);
  entries.sort(([a], [b]) => a - b);
  return { indices: entries.map(([id]) => id), values: entries.map(([, weight]) => weight) };
}
