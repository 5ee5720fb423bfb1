import { createHash } from "node:crypto";
import { BgeError, type Embedder, type EmbedderOptions, resolveModel } from "@bge-js/core";
import { type AdapterModel, isLoaded, isRemote, specInUse, type VectorSource, vectorFacts } from "@bge-js/core/adapter";

/**
 * Returns `bge-small-en-v1.5_int8_384_<hash of everything that affects a vector>_`, which is readable and valid in file
 * names.
 */
export function cacheNamespace(model: AdapterModel<Embedder> | undefined, options: EmbedderOptions): string {
  const facts = isLoaded(model) ? model : factsOf(model, options);
  const device = isLoaded(model) ? model.source.device : (options.device ?? "cpu");
  const hash = createHash("sha256")
    .update(JSON.stringify(vectorFacts(facts, device)))
    .digest("hex")
    .slice(0, 16);
  const name = facts.spec.id.replace(/^.*[/\\]/, "").replace(/[^A-Za-z0-9.-]/g, "-");
  return `${name}_${facts.source.dtype}_${facts.dimensions}_${hash}_`;
}

function factsOf(model: Exclude<AdapterModel<Embedder>, Embedder> | undefined, options: EmbedderOptions): VectorSource {
  if (isRemote(model)) {
    const message =
      "The facts of a model behind a server are known once it is loaded. Load it with loadEmbedder, and pass that.";
    throw new BgeError("INVALID_OPTION", message, { parameter: "model" });
  }
  const { spec, source } = resolveModel(model, { dtype: options.dtype, revision: options.revision });
  if (spec.kind !== "embedding") {
    const message = `${spec.id} is a reranker, which has no vectors to cache.`;
    throw new BgeError("MODEL_MISMATCH", message, { parameter: "model" });
  }
  const {
    dimensions = spec.defaultDimensions ?? spec.dimensions,
    maxTokens = spec.defaultMaxTokens ?? spec.maxTokens,
  } = options;
  return { spec: specInUse(spec, options), source, dimensions, maxTokens };
}
