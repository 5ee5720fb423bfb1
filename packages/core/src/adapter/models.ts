import { isThenable } from "../api/callbacks.js";
import type { Embedder } from "../api/embedder.js";
import { BgeError, invalid } from "../api/errors.js";
import type { EmbeddingSpec, ModelReference } from "../api/model.js";
import type { MultimodalEmbedder } from "../api/multimodal.js";
import type { CallOptions, EmbedderOptions, RerankerOptions } from "../api/options.js";
import type { RemoteModel } from "../api/remote.js";
import type { Reranker, SkippedRerankStage } from "../api/reranker.js";
import { type Checks, checkOptions, checkOwn, isAbortSignal, isFunction, isPositive, isUrl } from "../checks.js";
import { loadEmbedder } from "../embedder.js";
import { loadReranker } from "../reranker.js";
import { createPrompts } from "../text/prompts.js";
import { type ModelHandle, owned, shared } from "./handle.js";
import { warnOfSkipped } from "./retriever.js";

/** A model as passed to an adapter: an id, a folder, an object, a server, or a loaded model, which stays the caller's. */
export type AdapterModel<Loaded extends Embedder | Reranker> = string | URL | ModelReference | RemoteModel | Loaded;

/** The fields of every adapter: a model and its loader's options. */
export type AdapterFields<Loaded extends Embedder | Reranker> = LoaderOptions<Loaded> & {
  /** If it is already loaded, no load options may be given. @default the packaged model */
  readonly model?: AdapterModel<Loaded>;
  /** Aborts every call made through the adapter, for frameworks that pass no signal of their own. @default none */
  readonly signal?: AbortSignal;
};

/** The fields of reranker adapters that limit the time of a call. */
export interface BudgetFields {
  /** As in `RerankOptions` of `@bge-js/core`: documents not read in time come last, in the order in which they came. @default none */
  readonly budgetMs?: number;
  /** Called for each call in which stages did not score all their documents in time. @default one process warning, `BGE_SKIPPED` */
  readonly onSkipped?: (skipped: readonly SkippedRerankStage[]) => void;
}

/** Returns the options of `rerank` for these fields. @throws BgeError `INVALID_OPTION` */
export function budgetOptions(owner: string, fields: BudgetFields): BudgetFields {
  const { budgetMs, onSkipped = warnOfSkipped(owner) } = checkOptions(fields, BUDGET, owner);
  return budgetMs === undefined ? {} : { budgetMs, onSkipped };
}

const BUDGET: Checks<BudgetFields> = { budgetMs: isPositive, onSkipped: isFunction };

/** The options of the loader of an embedder or reranker. */
type LoaderOptions<Loaded extends Embedder | Reranker> = Loaded extends Embedder ? EmbedderOptions : RerankerOptions;

/** Returns an adapter's constructor argument as fields: a bare model becomes the field `model`. @throws BgeError `INVALID_OPTION` */
export function adapterFields<Loaded extends object, Fields extends { readonly model?: unknown }>(
  input: string | URL | ModelReference | RemoteModel | Loaded | Fields,
): Fields {
  if (typeof input === "string" || isUrl(input)) return { model: input } as Fields; // every field of every adapter is optional
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new BgeError("INVALID_OPTION", "An adapter takes a model or an options object.", { parameter: "model" });
  }
  // A promise has no fields and would pass for empty options.
  if (isThenable(input)) throw invalid("model", "is a promise; await it first");
  // `directory`, `id` and `url` are not options, so they identify a bare reference; `dimensions` and others are in both.
  const isModel = isLoaded(input) || "directory" in input || "id" in input || "url" in input;
  if (isModel && "model" in input) {
    throw new BgeError("INVALID_OPTION", "The model is given twice: as the argument itself and in `model`.", {
      parameter: "model",
    });
  }
  if (!isModel) checkOwn(input, "an adapter");
  return (isModel ? { model: input } : input) as Fields;
}

/** Returns the handle to the embedder behind the adapter `owner`. */
export function embedderHandle(
  owner: string,
  model: AdapterModel<Embedder> | undefined,
  options: EmbedderOptions,
): ModelHandle<Embedder> {
  if (isLoaded(model)) return shared(owner, "model", model, "embedDocuments", options);
  return owned(owner, () => loadEmbedder(model, options));
}

/**
 * Returns the handle to the reranker behind the adapter `owner`. Scores of a named model default to sigmoid, from 0 to 1, as
 * frameworks expect. The default model ranks best fused, which allows no threshold; with one, it uses the cross-encoder's sigmoid.
 *
 * @throws BgeError `INVALID_OPTION` for a `threshold` on fused scores
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
      'does not apply to scale "fused", whose scores only rank within one call; use scale "sigmoid" or "logit"',
    );
  }
  if (isLoaded(model)) return shared(owner, "model", model, "rerank", options);
  return owned(owner, () => loadReranker(model, { ...options, scale }));
}

/** Returns the options of one call, aborted by either signal. @throws BgeError `INVALID_OPTION` */
export function callOptions(own: AbortSignal | undefined, given: AbortSignal | undefined): CallOptions {
  for (const signal of [own, given]) {
    // Frameworks may pass null.
    if (signal !== undefined && signal !== null && !isAbortSignal(signal)) {
      throw invalid("signal", "must be an AbortSignal");
    }
  }
  if (own && given) return { signal: AbortSignal.any([own, given]) };
  const signal = given ?? own;
  return signal === undefined ? {} : { signal };
}

/** Returns an embedding model's facts with the instructions these options choose, as when loaded. @throws BgeError `INVALID_OPTION` */
export function specInUse(spec: EmbeddingSpec, options: EmbedderOptions): EmbeddingSpec {
  return createPrompts(spec, options).spec;
}

/** True for a loaded model. Duck-typed, because it may come from another copy of this package. */
export function isLoaded<Loaded extends Embedder | MultimodalEmbedder | Reranker>(
  model: string | URL | ModelReference | RemoteModel | Loaded | object | undefined,
): model is Loaded {
  return (
    typeof model === "object" &&
    model !== null &&
    "spec" in model &&
    "dispose" in model &&
    typeof model.dispose === "function"
  );
}
