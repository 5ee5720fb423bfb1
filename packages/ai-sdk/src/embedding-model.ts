import type { EmbeddingModelV3, EmbeddingModelV3CallOptions } from "@ai-sdk/provider";
import { BgeError, type Embedder, type InputType, type LoadOptions } from "@bge-js/core";
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

  async function embedderOf(dimensions: number | undefined): Promise<Embedder> {
    const embedder = await handle.get();
    return dimensions === undefined || dimensions === embedder.dimensions ? embedder : handleOf(dimensions).get();
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
      const embedder = await embedderOf(dimensions);
      const vectors = await embedder.embed(values, { ...call, inputType });
      const counts = await embedder.countTokens(values, { ...call, inputType }).catch(unlessUncounted);
      return {
        embeddings: vectors.map(({ dense }) => Array.from(dense)),
        ...(counts && { usage: { tokens: counts.reduce((sum, count) => sum + count, 0) } }),
        warnings: [],
      };
    },
  };
}

/** Not every server of a remote model counts tokens. */
function unlessUncounted(error: unknown): undefined {
  if (error instanceof BgeError && error.code === "MODEL_MISMATCH") return undefined;
  throw error;
}
