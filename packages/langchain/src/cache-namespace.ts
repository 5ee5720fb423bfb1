import { createHash } from "node:crypto";
import { BgeError, type Embedder, type EmbedderOptions, type ModelSource, resolveModel } from "@bge-js/core";
import { type AdapterModel, isLoaded, specInUse } from "@bge-js/core/adapter";

/** What is known of an embedder even before it is loaded. */
type Facts = Pick<Embedder, "dimensions" | "maxTokens" | "spec"> & { readonly source: ModelSource };

/**
 * Returns `bge-small-en-v1.5_int8_384_<hash of everything that affects a vector>_`, which is readable and valid in file
 * names.
 */
export function cacheNamespace(model: AdapterModel<Embedder> | undefined, options: EmbedderOptions): string {
  const { spec, source, dimensions, maxTokens } = isLoaded(model) ? model : factsOf(model, options);
  const { id, pooling, queryInstruction, queryFormat, documentInstruction, lowerCase } = spec;
  const { fingerprint, dtype, batching } = source;
  const device = isLoaded(model) ? model.source.device : (options.device ?? "cpu");
  const instructions = [queryInstruction, queryFormat, documentInstruction];
  const facts = [id, fingerprint, dtype, batching, pooling, dimensions, maxTokens, ...instructions];
  if (lowerCase === true) facts.push("lowerCase");
  // Numbers from another device differ in the last digits.
  if (device !== "cpu") facts.push(device);
  const hash = createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
  const name = id.replace(/^.*[/\\]/, "").replace(/[^A-Za-z0-9.-]/g, "-");
  return `${name}_${dtype}_${dimensions}_${hash}_`;
}

function factsOf(model: Exclude<AdapterModel<Embedder>, Embedder> | undefined, options: EmbedderOptions): Facts {
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
