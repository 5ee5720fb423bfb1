import { type Checks, checkOptions, invalid, isCount } from "@bge-js/core/adapter";
import { anything, byStage, FIRST_STAGES, isLoaded, isWeight, modelWith, RETRIEVER, withPlace } from "../options.js";
import type { MultimodalRetrieverOptions } from "./api.js";

const isEmbedder = modelWith("multimodal embedder", ["embedStream", "pictures", "spec"]);

export const MULTIMODAL_RETRIEVER: Checks<MultimodalRetrieverOptions> = {
  embedder(value) {
    if (!isLoaded(value, ["embedDocuments"])) return isEmbedder(value);
    throw invalid("embedder", "reads no pictures: load it with loadMultimodalEmbedder of @bge-js/core/multimodal");
  },
  directory: RETRIEVER.directory,
  readOnly: RETRIEVER.readOnly,
  candidates: byStage("candidates", isCount, FIRST_STAGES),
  weights: byStage("weights", isWeight, FIRST_STAGES),
  // Checked when the model is loaded.
  load: anything,
};

/** @throws BgeError `INVALID_OPTION` */
export function checkMultimodalOptions(options: MultimodalRetrieverOptions): MultimodalRetrieverOptions {
  const { reranker, lateInteraction } = (options ?? {}) as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries({ reranker, lateInteraction })) {
    if (value === undefined) continue;
    throw invalid(name, "is no option of loadMultimodalRetriever: rerankers and token vectors are of texts alone");
  }
  const given = withPlace(checkOptions(options, MULTIMODAL_RETRIEVER, "loadMultimodalRetriever"));
  if (given.load !== undefined && isLoaded(given.embedder, [])) {
    throw invalid("load", "cannot change an embedder that is already loaded: pass it to loadMultimodalEmbedder");
  }
  return given;
}
