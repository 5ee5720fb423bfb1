import { listener } from "./api/callbacks.js";
import type { EmbedDocumentsOptions, Embedder, EmbedOptions, EmbedStreamOptions } from "./api/embedder.js";
import type { LexicalWeight, RecordOutput, SparseVector, TextEmbedding, TokenVectors } from "./api/embedding.js";
import { BgeError } from "./api/errors.js";
import type { ModelReference, ModelSpec } from "./api/model.js";
import type { CallOptions, EmbedderOptions, InputType } from "./api/options.js";
import type { RemoteModel } from "./api/remote.js";
import { checkOptions } from "./checks.js";
import { type OpenModel, openModel, type Plan } from "./load/open-model.js";
import {
  dimensionsOf,
  EMBEDDER_OPTIONS,
  LEAST_TEXT_TOKENS,
  maxTokensOf,
  refuse,
  tokenDimensionsOf,
} from "./model/options.js";
import type { Head } from "./protocol.js";
import { checkedBy, isRemote } from "./remote/reference.js";
import { type CallFacts, withCall } from "./run/call.js";
import { CALL_OPTIONS } from "./run/call-options.js";
import { createEmbedStream, type StreamPlan } from "./run/embed-stream.js";
import { checkTokenOutput, headsOf, presentOutputs, tokensHead, toTokenVectors } from "./run/outputs.js";
import { planRecord } from "./run/records.js";
import { allOrError, type FinishedText } from "./run/results.js";
import { CUT, lengthsOf, type Reading, refuseOverLimit, runAll, type TextTask } from "./run/run-texts.js";
import { createTruncation } from "./run/truncation-report.js";
import { canKeep, offerKeptRows } from "./scoring/kept-rows.js";
import { keepingBeside } from "./scoring/kept-texts.js";
import { checkText, checkTexts } from "./text/input.js";
import { createPrompts, type Prompts } from "./text/prompts.js";
import { checkSparse } from "./vectors/check.js";
import { checkRanges } from "./vectors/ranges.js";

type Counting = CallOptions & { readonly inputType?: InputType };

/** An embedder's options, checked and resolved against its model. */
interface EmbedderPlan extends Plan {
  readonly prompts: Prompts;
  readonly dimensions: number;
  readonly options: EmbedderOptions;
}

/**
 * Loads an embedding model.
 *
 * @param model a Hugging Face id (`"BAAI/bge-small-en-v1.5"`, or `"bge-small-en-v1.5"` for short), a folder (`"./my-model"`, or a
 * `file:` URL), `{ id?, directory?, ...facts }`, or `{ url, api, ... }` for a model behind a server. @default the packaged bge-small-en-v1.5
 * @example
 * await using embedder = await loadEmbedder("BAAI/bge-small-en-v1.5");
 * const vectors = await embedder.embedDocuments(["Pandas eat bamboo.", "Paris is in France."]); // two Float32Arrays of length 384
 * const query = await embedder.embedQuery("What do pandas eat?");
 * const [best] = topK(query, vectors, 1); // { index: 0, score: 0.8 }
 * @throws BgeError `MODEL_NOT_FOUND`, `MODEL_MISMATCH` (facts and files disagree, or the model is a reranker), `MODEL_CORRUPT`,
 * `UNSUPPORTED_MODEL`, `UNSUPPORTED_PLATFORM`, `ACCESS_DENIED`, `DOWNLOAD_FAILED`, `SERVER_FAILED`, `INVALID_OPTION`
 */
export async function loadEmbedder(
  model?: string | URL | ModelReference | RemoteModel,
  options: EmbedderOptions = {},
): Promise<Embedder> {
  const checked = checkOptions(options, EMBEDDER_OPTIONS, "loadEmbedder");
  const planFor = (spec: ModelSpec) => planEmbedder(spec, checked);
  if (!isRemote(model)) return createEmbedder(await openModel(model, checked, planFor));
  // Imported late: a model on this machine needs no HTTP code.
  const [{ openRemoteEmbedder }, { compareEmbedders }] = await Promise.all([
    import("./remote/open-embedder.js"),
    import("./remote/compare.js"),
  ]);
  const embedder = createEmbedder(await openRemoteEmbedder(model, checked, planFor));
  const { compareWith } = model;
  if (compareWith === undefined) return embedder;
  const { dimensions, queryInstruction, task, signal } = checked;
  const alike = Object.entries({ dimensions, queryInstruction, task, signal }).filter(
    ([, value]) => value !== undefined,
  );
  return checkedBy(embedder, () =>
    compareEmbedders(embedder, () => loadEmbedder(compareWith, Object.fromEntries(alike))),
  );
}

function planEmbedder(spec: ModelSpec, options: EmbedderOptions): EmbedderPlan {
  if (spec.kind !== "embedding") {
    const advice = " Load it with loadReranker.";
    const message = `${spec.id} is a reranker, not an embedding model.${advice}`;
    throw new BgeError("MODEL_MISMATCH", message, { parameter: "model", advice });
  }
  if (spec.vision !== undefined) {
    const advice = " Load it with loadMultimodalEmbedder of @bge-js/core/multimodal.";
    const message = `${spec.id} reads texts in prompts, with pictures.${advice}`;
    throw new BgeError("MODEL_MISMATCH", message, { parameter: "model", advice });
  }
  const prompts = createPrompts(spec, options);
  const { outputs = ["dense"], keep } = options;
  if (keep !== undefined && !canKeep(prompts.spec)) {
    refuse(
      options,
      ["keep"],
      `${spec.id} is not measured for late interaction, or not with instructions for documents`,
    );
  }
  return {
    prompts,
    dimensions: dimensionsOf(options, spec),
    maxTokens: maxTokensOf(options, spec, LEAST_TEXT_TOKENS),
    needs: keep === undefined ? outputs : [...outputs, "hidden"],
    options,
  };
}

function createEmbedder({ source, engine, plan }: OpenModel<EmbedderPlan>): Embedder {
  const { prompts, dimensions, maxTokens, options } = plan;
  const spec = presentOutputs(prompts.spec, engine.info.outputs);
  const truncation = createTruncation(spec.id, maxTokens, options);

  const taskOf = (inputType: InputType, heads: readonly Head[]): TextTask => ({
    encoding: prompts.encoding(inputType, maxTokens),
    heads,
    batching: source.batching,
  });
  const facts = { spec, dimensions, counts: source.from !== "server" };
  const vectors = headsOf(spec, ["dense"], dimensions);
  const keeping =
    options.keep === undefined
      ? CUT
      : keepingBeside(options.keep, { spec, source, dimensions: spec.dimensions, maxTokens });

  async function embedAll<T extends Float32Array | TextEmbedding | TokenVectors>(
    texts: readonly string[],
    heads: readonly Head[],
    toValue: (result: FinishedText) => T,
    {
      inputType,
      onProgress,
      reading = CUT,
      ...limits
    }: EmbedDocumentsOptions &
      Pick<CallFacts, "method"> & { readonly inputType: InputType; readonly reading?: Reading },
  ): Promise<T[]> {
    // A copy, because the caller may change the array meanwhile.
    const inputs = [...prompts.write(texts, inputType)];
    const task = taskOf(inputType, heads);
    let completed = 0;
    const tell = listener("onProgress", onProgress);
    return withCall(engine, { ...limits, inputs: inputs.length, urgent: inputType === "query" }, async (call) => {
      const onDone = (count: number) => {
        // After the deadline nothing counts as completed.
        if (call.ended()) return;
        completed += count;
        tell?.({ completed, total: inputs.length });
      };
      // A text alone tells its length as it is read; of several, all lengths are known before anything runs.
      const whole = truncation.refuses && inputs.length === 1 && reading === CUT && source.device !== "server";
      if (!whole) await refuseOverLimit(call, inputs, task.encoding, truncation, inputType);
      const outcomes = await runAll(call, inputs, { ...task, whole }, { truncation, inputType, onDone, reading });
      return allOrError(outcomes, toValue);
    });
  }

  async function embedQuery(text: string, callOptions: CallOptions = {}): Promise<Float32Array> {
    checkText(text, "text");
    const checked = checkOptions(callOptions, CALL_OPTIONS.any, "embedQuery");
    const [vector] = await embedAll([text], vectors, ({ data }) => data, {
      ...checked,
      method: "embedQuery",
      inputType: "query",
    });
    return vector!;
  }

  async function embedDocuments(
    texts: readonly string[],
    callOptions: EmbedDocumentsOptions = {},
  ): Promise<Float32Array[]> {
    checkTexts(texts, "texts");
    const checked = checkOptions(callOptions, CALL_OPTIONS.embedDocuments, "embedDocuments");
    return embedAll(texts, vectors, ({ data }) => data, {
      ...checked,
      method: "embedDocuments",
      inputType: "document",
      reading: keeping,
    });
  }

  async function embed<Output extends RecordOutput = "dense">(
    texts: readonly string[],
    embedOptions: EmbedOptions<Output>,
  ): Promise<Required<Pick<TextEmbedding, Output>>[]> {
    checkTexts(texts, "texts");
    const checked = checkOptions(embedOptions, CALL_OPTIONS.embed, "embed", ["inputType"]);
    const { outputs = ["dense"], ranges, ...callOptions } = checked;
    const { heads, toRecord } = planRecord(facts, outputs, ranges);
    // Exactly the requested outputs are set.
    return embedAll(texts, heads, toRecord, {
      ...callOptions,
      method: "embed",
    }) as Promise<Required<Pick<TextEmbedding, Output>>[]>;
  }

  async function lexicalWeights(sparse: SparseVector, callOptions: CallOptions = {}): Promise<LexicalWeight[]> {
    checkSparse(sparse, "sparse");
    const { indices, values } = sparse;
    const checked = checkOptions(callOptions, CALL_OPTIONS.any, "lexicalWeights");
    const facts = { ...checked, method: "lexicalWeights", inputs: 1 } as const;
    const tokens = await withCall(engine, facts, (call) => call.run({ type: "decode", ids: Int32Array.from(indices) }));
    return indices.map((id, i) => ({ id, token: tokens[i]!, weight: values[i]! }));
  }

  async function embedTokens(
    texts: readonly string[],
    callOptions: CallOptions & { readonly inputType: InputType },
  ): Promise<TokenVectors[]> {
    checkTexts(texts, "texts");
    const checked = checkOptions(callOptions, CALL_OPTIONS.embedTokens, "embedTokens", ["inputType"]);
    const head = tokensHead(spec, tokenDimensionsOf(options, spec));
    checkTokenOutput(spec, engine.info, head);
    return embedAll(texts, [head], ({ data }) => toTokenVectors(data, head), {
      ...checked,
      method: "embedTokens",
    });
  }

  function countTokens(text: string, options?: Counting): Promise<number>;
  function countTokens(texts: readonly string[], options?: Counting): Promise<number[]>;
  async function countTokens(
    input: string | readonly string[],
    countOptions: Counting = {},
  ): Promise<number | number[]> {
    const texts = typeof input === "string" ? [input] : input;
    checkTexts(texts, "texts");
    const checked = checkOptions(countOptions, CALL_OPTIONS.embedTokens, "countTokens");
    const { inputType = "document", ...callOptions } = checked;
    const urgent = inputType === "query";
    const facts = { ...callOptions, method: "countTokens", inputs: texts.length, urgent } as const;
    const counts = await withCall(engine, facts, (call) =>
      lengthsOf(call, prompts.write(texts, inputType), prompts.encoding(inputType, Number.MAX_SAFE_INTEGER)),
    );
    return typeof input === "string" ? counts[0]! : Array.from(counts);
  }

  function planOf(
    inputType: InputType,
    { outputs, ranges }: Pick<EmbedStreamOptions, "outputs" | "ranges">,
  ): StreamPlan<Float32Array | TextEmbedding> {
    if (outputs === undefined) {
      checkRanges([], ranges, dimensions);
      const reading = inputType === "document" ? keeping : CUT;
      return { task: taskOf(inputType, vectors), toValue: ({ data }) => data, reading };
    }
    const { heads, toRecord } = planRecord(facts, outputs, ranges);
    return { task: taskOf(inputType, heads), toValue: toRecord };
  }

  const dispose = () => engine.dispose();
  const embedder: Embedder = {
    spec,
    source,
    dimensions,
    maxTokens,
    embedQuery,
    embedDocuments,
    embed,
    lexicalWeights,
    // With `onError: "throw"` no text is ever skipped, so nothing is ever `undefined`.
    embedStream: createEmbedStream({ engine, planOf, truncation, write: prompts.write }) as Embedder["embedStream"],
    embedTokens,
    countTokens,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
  offerKeptRows(embedder, { engine, prompts, truncation, vectors, taskOf });
  return embedder;
}
