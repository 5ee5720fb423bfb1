import type { CallOptions, EmbedDocumentsOptions, Embedder, InputType, LoadOptions, TokenVectors } from "./api.js";
import { checkCallOptions, withCall } from "./calls.js";
import { createEmbedStream } from "./embed-stream.js";
import { BgeError } from "./errors.js";
import { checkInputType, checkText, checkTexts } from "./input.js";
import { type OpenModel, openModel } from "./open-model.js";
import { dimensionsOf, LEAST_TEXT_TOKENS, maxTokensOf, refuse } from "./options.js";
import { allOrError } from "./outcomes.js";
import type { EmbeddingSpec, ModelReference, ModelSpec } from "./spec.js";
import { countTexts, runAll, type TextTask } from "./text-runs.js";
import { createTruncation } from "./truncation.js";

type Counting = CallOptions & { readonly inputType?: InputType };

/**
 * Loads an embedding model.
 *
 * @param model Hugging Face id (`"BAAI/bge-small-en-v1.5"`, or short `"bge-small-en-v1.5"`), folder (`"./my-model"`), or
 * `{ id?, directory?, ...facts }`. @default the embedded bge-small-en-v1.5
 * @throws BgeError `MODEL_NOT_FOUND`, `MODEL_MISMATCH` (facts against files, a reranker), `MODEL_CORRUPT`, `UNSUPPORTED_MODEL`,
 * `UNSUPPORTED_PLATFORM`, `INVALID_OPTION`
 */
export async function loadEmbedder(model?: string | ModelReference, options: LoadOptions = {}): Promise<Embedder> {
  return createEmbedder(await openModel(model, options, acceptEmbedding));
}

function acceptEmbedding(spec: ModelSpec, options: LoadOptions): void {
  if (spec.kind !== "embedding") {
    const message = `${spec.id} is a reranker, not an embedding model: load it with loadReranker.`;
    throw new BgeError("MODEL_MISMATCH", message, { parameter: "model" });
  }
  refuse(options, ["scale"], "an embedder has no scores");
  dimensionsOf(options, spec);
  maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
}

function createEmbedder({ spec: facts, source, engine, options }: OpenModel): Embedder {
  // `acceptEmbedding` has seen to it.
  const model = facts as EmbeddingSpec;
  const queryInstruction =
    options.queryInstruction === false ? "" : (options.queryInstruction ?? model.queryInstruction);
  const spec: EmbeddingSpec = { ...model, queryInstruction };
  const dimensions = dimensionsOf(options, model);
  const maxTokens = maxTokensOf(options, model, LEAST_TEXT_TOKENS);
  const truncation = createTruncation(spec.id, maxTokens, options);
  const common = { encoding: { form: "single", maxTokens }, batching: source.batching } as const;
  const vectors: TextTask = { ...common, head: { type: "vector", pooling: spec.pooling, dimensions } };
  const tokens: TextTask = { ...common, head: { type: "tokens", dimensions } };

  const instructed = (texts: readonly string[], inputType: InputType) =>
    inputType === "query" && queryInstruction !== "" ? texts.map((text) => queryInstruction + text) : texts;

  async function embedAll(
    texts: readonly string[],
    task: TextTask,
    inputType: InputType,
    { onProgress, ...limits }: EmbedDocumentsOptions,
  ): Promise<Float32Array[]> {
    // A copy: the caller may change the list while we work.
    const inputs = [...instructed(texts, inputType)];
    let completed = 0;
    return withCall(engine, { ...limits, urgent: inputType === "query" }, async (call) => {
      const onDone = (count: number) => {
        // Behind a deadline nothing is finished any more.
        if (call.ended()) return;
        completed += count;
        onProgress?.({ completed, total: inputs.length });
      };
      if (truncation.refuses) truncation.refuse(await countTexts(call, inputs), inputType);
      const outcomes = await runAll(call, inputs, task, { truncation, inputType, onDone });
      return allOrError(outcomes, (data) => data);
    });
  }

  async function embedQuery(text: string, callOptions: CallOptions = {}): Promise<Float32Array> {
    checkText(text, "text");
    checkCallOptions(callOptions);
    const [vector] = await embedAll([text], vectors, "query", callOptions);
    return vector!;
  }

  async function embedDocuments(
    texts: readonly string[],
    callOptions: EmbedDocumentsOptions = {},
  ): Promise<Float32Array[]> {
    checkTexts(texts, "texts");
    checkCallOptions(callOptions, ["onProgress"]);
    return embedAll(texts, vectors, "document", callOptions);
  }

  async function embedTokens(
    texts: readonly string[],
    { inputType, ...callOptions }: CallOptions & { readonly inputType: InputType },
  ): Promise<TokenVectors[]> {
    checkTexts(texts, "texts");
    checkInputType(inputType);
    checkCallOptions(callOptions);
    const rows = await embedAll(texts, tokens, inputType, callOptions);
    return rows.map((data) => ({ data, rows: data.length / dimensions, dimensions }));
  }

  function countTokens(text: string, options?: Counting): Promise<number>;
  function countTokens(texts: readonly string[], options?: Counting): Promise<number[]>;
  async function countTokens(
    input: string | readonly string[],
    { inputType = "document", ...callOptions }: Counting = {},
  ): Promise<number | number[]> {
    const texts = typeof input === "string" ? [input] : input;
    checkTexts(texts, "texts");
    checkInputType(inputType);
    checkCallOptions(callOptions);
    const counts = await withCall(engine, callOptions, (call) => countTexts(call, instructed(texts, inputType)));
    return typeof input === "string" ? counts[0]! : Array.from(counts);
  }

  const dispose = () => engine.dispose();
  return {
    spec,
    source,
    dimensions,
    maxTokens,
    embedQuery,
    embedDocuments,
    embedStream: createEmbedStream({ engine, task: vectors, truncation, instructed }),
    embedTokens,
    countTokens,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
