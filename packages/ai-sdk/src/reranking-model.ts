import type { RerankingModelV3, SharedV3Warning } from "@ai-sdk/provider";
import type { LoadOptions, Reranker } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  callOptions,
  checkQuery,
  isLoaded,
  rerankerHandle,
} from "@bge-js/core/adapter";
import type { Handles } from "./handles.js";
import { modelIdOf } from "./model-id.js";
import { checkRerankingOptions } from "./provider-options.js";

/** A model and the load options of `@bge-js/core`. `model` may be a loaded `Reranker`, without load options. */
export interface BgeRerankingModelFields extends AdapterFields<Reranker> {
  /** Minimum score of the documents to keep, on the scale of the scores. Rejected if that is "fused". @default none */
  readonly threshold?: number;
  /** As in `LoadOptions` of `@bge-js/core`. @default "sigmoid"; "fused" where neither a model nor a `threshold` is given */
  readonly scale?: "logit" | "sigmoid" | "fused";
}

/** A model id, a folder, a model package's export, a loaded `Reranker`, or fields with load options around one. */
export type BgeRerankingModelInput = AdapterModel<Reranker> | BgeRerankingModelFields;

const AS_JSON: SharedV3Warning = {
  type: "compatibility",
  feature: "object documents",
  details: "Object documents are ranked by their JSON text. Pass the text itself for better results.",
};

export function createRerankingModel(
  input: BgeRerankingModelInput,
  settings: LoadOptions,
  handles: Handles,
): RerankingModelV3 {
  const { model, signal, threshold, ...own } = adapterFields<Reranker, BgeRerankingModelFields>(input);
  const options = isLoaded(model) ? own : { ...settings, ...own };
  const handle = handles.of("reranker", { model, threshold, ...options }, () =>
    rerankerHandle("rerankingModel", model, options, threshold),
  );
  return {
    specificationVersion: "v3",
    provider: "bge",
    modelId: modelIdOf(model, "bge-js/reranker-small-en"),
    async doRerank({ documents, query, topN, abortSignal, providerOptions }) {
      checkRerankingOptions(providerOptions);
      checkQuery(query);
      const { type, values } = documents;
      // The caller may use the list for something else while the model loads.
      const given = Array.isArray(values) ? values.slice() : values;
      const texts = type === "text" ? (given as string[]) : given.map((one) => JSON.stringify(one));
      const call = callOptions(signal, abortSignal);
      const reranker = await handle.get(call.signal);
      const limits = { ...(topN !== undefined && { topN }), ...(threshold !== undefined && { threshold }) };
      const ranked = await reranker.rerank(query, texts, { ...limits, ...call });
      return {
        ranking: ranked.map(({ index, score }) => ({ index, relevanceScore: score })),
        warnings: type === "text" ? [] : [AS_JSON],
      };
    },
  };
}
