import { isThenable } from "../api/callbacks.js";
import type { Embedder } from "../api/embedder.js";
import { BgeError, invalid } from "../api/errors.js";
import type { EmbeddingSpec, ModelReference } from "../api/model.js";
import type { CallOptions, EmbedderOptions, RerankerOptions } from "../api/options.js";
import type { Reranker } from "../api/reranker.js";
import { isAbortSignal } from "../checks.js";
import { loadEmbedder } from "../embedder.js";
import { isUrl } from "../model/facts.js";
import { loadReranker } from "../reranker.js";
import { createPrompts } from "../text/prompts.js";
import { type ModelHandle, owned, shared } from "./handle.js";

/** A model as an adapter takes it: an id or a folder, an object, or a model that is loaded already and shared. */
export type AdapterModel<Loaded extends Embedder | Reranker> = string | URL | ModelReference | Loaded;

/** What every adapter's fields have: the options of a loader, with the model among them. */
export type AdapterFields<Loaded extends Embedder | Reranker> = LoaderOptions<Loaded> & {
  /** With a loaded one no load option may be given. @default the embedded model */
  readonly model?: AdapterModel<Loaded>;
  /** Aborts every call made through the adapter, for frameworks that pass no signal of their own. @default none */
  readonly signal?: AbortSignal;
};

/** What the loader of an embedder, or of a reranker, takes. */
type LoaderOptions<Loaded extends Embedder | Reranker> = Loaded extends Embedder ? EmbedderOptions : RerankerOptions;

/** An adapter's constructor argument as fields: a bare model is the field `model`. Throws `INVALID_OPTION`. */
export function adapterFields<Loaded extends Embedder | Reranker, Fields extends AdapterFields<Loaded>>(
  input: AdapterModel<Loaded> | Fields,
): Fields {
  if (typeof input === "string" || isUrl(input)) return { model: input } as Fields; // every field of every adapter is optional
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new BgeError("INVALID_OPTION", "An adapter takes a model or an object of options.", { parameter: "model" });
  }
  // It has no fields, and would pass for no model and no options.
  if (isThenable(input)) throw invalid("model", "is a promise: await it");
  // `directory` and `id` are no options, so they tell a bare reference; `dimensions` and others are in both.
  const isModel = isLoaded(input) || "directory" in input || "id" in input;
  if (isModel && "model" in input) {
    throw new BgeError("INVALID_OPTION", "The model is given twice: itself and in `model`.", {
      parameter: "model",
    });
  }
  return (isModel ? { model: input } : input) as Fields;
}

/** The embedder behind the adapter `owner`. */
export function embedderHandle(
  owner: string,
  model: AdapterModel<Embedder> | undefined,
  options: EmbedderOptions,
): ModelHandle<Embedder> {
  if (isLoaded(model)) return shared(owner, "model", model, "embedDocuments", options);
  return owned(owner, () => loadEmbedder(model, options));
}

/**
 * The reranker behind the adapter `owner`. Of a model that is named, scores are from 0 to 1, as frameworks expect: sigmoid unless
 * asked otherwise. The default's best order is fused, which has no threshold; with one it is the cross-encoder's sigmoid.
 * Throws `INVALID_OPTION` for a `threshold` of scores that are fused.
 */
export function rerankerHandle(
  owner: string,
  model: AdapterModel<Reranker> | undefined,
  options: RerankerOptions,
  threshold: number | undefined,
): ModelHandle<Reranker> {
  const { scale = model === undefined && threshold === undefined ? "fused" : "sigmoid" } = options;
  if (threshold !== undefined && (isLoaded(model) ? model.scale : scale) === "fused") {
    throw invalid(
      "threshold",
      'does not apply to scores of scale "fused": they are for the order of one call alone; give scale "sigmoid" or "logit"',
    );
  }
  if (isLoaded(model)) return shared(owner, "model", model, "rerank", options);
  return owned(owner, () => loadReranker(model, { ...options, scale }));
}

/** The options of one call: aborted by either signal. */
export function callOptions(own: AbortSignal | undefined, given: AbortSignal | undefined): CallOptions {
  for (const signal of [own, given]) {
    // Frameworks pass null for none.
    if (signal !== undefined && signal !== null && !isAbortSignal(signal)) {
      throw invalid("signal", "must be an AbortSignal");
    }
  }
  if (own && given) return { signal: AbortSignal.any([own, given]) };
  const signal = given ?? own;
  return signal === undefined ? {} : { signal };
}

/** An embedding model's facts with the instructions that these options choose, as the loaded model has them. Throws `INVALID_OPTION`. */
export function specInUse(spec: EmbeddingSpec, options: EmbedderOptions): EmbeddingSpec {
  return createPrompts(spec, options).spec;
}

/** By shape, not by class: the model may come from another copy of this package. */
export function isLoaded<Loaded extends Embedder | Reranker>(
  model: AdapterModel<Loaded> | object | undefined,
): model is Loaded {
  return (
    typeof model === "object" &&
    model !== null &&
    "spec" in model &&
    "dispose" in model &&
    typeof model.dispose === "function"
  );
}
