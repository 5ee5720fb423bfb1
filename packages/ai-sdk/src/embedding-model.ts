import type { EmbeddingModelV3, EmbeddingModelV3CallOptions } from "@ai-sdk/provider";
import { BgeError, type Embedder, type EmbedOptions, type InputType, type LoadOptions } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  callOptions,
  embedderHandle,
  isLoaded,
} from "@bge-js/core/adapter";
import type { Handles } from "./handles.js";
import { modelIdOf } from "./model-id.js";
import { embeddingOptions } from "./provider-options.js";

/** A model id, a folder, a model package's export, a loaded `Embedder`, or fields with load options around one. */
export type BgeEmbeddingModelInput = AdapterModel<Embedder> | AdapterFields<Embedder>;

/** `ai` 7 passes the caller's `dimensions` beside the options that the specification names. */
type CallInput = EmbeddingModelV3CallOptions & { readonly dimensions?: number };

export function createEmbeddingModel(
  input: BgeEmbeddingModelInput,
  defaultType: InputType,
  settings: LoadOptions,
  handles: Handles,
): EmbeddingModelV3 {
  const { model, signal, ...own } = adapterFields<Embedder, AdapterFields<Embedder>>(input);
  const options = isLoaded(model) ? own : { ...settings, ...own };
  const handle = handleOf(undefined);

  /** For vectors of another length there is a load of its own, which shares the files and the workers. */
  function handleOf(dimensions: number | undefined) {
    const all = dimensions === undefined ? options : { ...options, dimensions };
    return handles.of("embedder", { model, ...all }, () => embedderHandle("embeddingModel", model, all));
  }

  async function embedderOf(dimensions: number | undefined, signal: AbortSignal | undefined): Promise<Embedder> {
    const embedder = await handle.get(signal);
    return dimensions === undefined || dimensions === embedder.dimensions ? embedder : handleOf(dimensions).get(signal);
  }

  return {
    specificationVersion: "v3",
    provider: "bge",
    modelId: modelIdOf(model, "BAAI/bge-small-en-v1.5"),
    // A call is batched and queued by core, and has no limit.
    maxEmbeddingsPerCall: Number.POSITIVE_INFINITY,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal, providerOptions, dimensions: asked }: CallInput) {
      const { inputType = defaultType, dimensions = asked } = embeddingOptions(providerOptions);
      const call = callOptions(signal, abortSignal);
      // The caller may use the list for something else while the model loads.
      const given = Array.isArray(values) ? values.slice() : values;
      const embedder = await embedderOf(dimensions, call.signal);
      const { vectors, counts } = await embedAndCount(embedder, given, { ...call, inputType });
      return {
        embeddings: vectors.map((vector) => Array.from(vector)),
        ...(counts && { usage: { tokens: counts.reduce((sum, count) => sum + count, 0) } }),
        warnings: [],
      };
    },
  };
}

/** On this machine one reading of a text gives both. */
async function embedAndCount(embedder: Embedder, values: readonly string[], call: Omit<EmbedOptions, "outputs">) {
  if (embedder.source.from !== "server") {
    const records = await embedder.embed(values, { ...call, outputs: ["dense", "tokenCount"] });
    return { vectors: records.map(({ dense }) => dense), counts: records.map(({ tokenCount }) => tokenCount) };
  }
  const records = await embedder.embed(values, call);
  const counts = await embedder.countTokens(values, call).catch(unlessUncounted);
  return { vectors: records.map(({ dense }) => dense), counts };
}

/** Not every server of a remote model counts tokens. */
function unlessUncounted(error: unknown): undefined {
  if (error instanceof BgeError && error.code === "MODEL_MISMATCH") return undefined;
  throw error;
}
