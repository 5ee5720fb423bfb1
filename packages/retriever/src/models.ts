import { type Embedder, loadEmbedder, type Reranker } from "@bge-js/core";
import {
  fusedStagesOf,
  invalid,
  isSignal,
  type KeptRows,
  keptRowsOf,
  loadRerankingStage,
  onAbort,
  orElse,
  rerankerFor,
} from "@bge-js/core/adapter";
import type { RetrieverOptions, Stage } from "./api.js";

/** The models of a retriever. */
export interface Models {
  readonly embedder: Embedder;
  /** The embedder's own late interaction, where its rows can be kept: no reranker is loaded for it. */
  readonly keptRows: KeptRows | undefined;
  readonly rerankers: Partial<Record<Stage, Reranker>>;
  /** Models loaded here, and therefore disposed here. */
  readonly owned: readonly (Embedder | Reranker)[];
}

/** Loads the models that were not passed loaded. If one fails, frees the others. */
export async function loadModels({
  embedder: model,
  reranker: asked,
  lateInteraction,
  load = {},
}: RetrieverOptions): Promise<Models> {
  const owned: (Embedder | Reranker)[] = [];
  const early = beginReranker(model, asked, load);
  try {
    let embedder: Embedder;
    if (isEmbedder(model)) embedder = model;
    else {
      embedder = await loadEmbedder(model, load);
      owned.push(embedder);
    }
    // By default both rerank if a cross-encoder was evaluated with the embedder.
    const measured = rerankerFor(embedder.spec.id);
    const chosen = asked ?? measured;
    const wanted = lateInteraction ?? measured !== undefined;
    let reranker: Reranker | undefined;
    if (isReranker(chosen)) reranker = stageOf(chosen, embedder, wanted);
    else if (chosen !== undefined && chosen !== false) {
      const loading = early?.loading ?? loadRerankingStage(chosen, load);
      reranker = await (asked === undefined ? loading.catch(orElse("loadRetriever({ reranker: false })")) : loading);
      owned.push(reranker);
    }
    const replacing = reranker !== undefined && reranker.kind !== "cross-encoder" ? reranker : undefined;
    checkLate(lateInteraction, embedder, replacing);
    let late = replacing ?? (isReranker(wanted) ? wanted : undefined);
    const isOwn = late === undefined && wanted === true && embedder.spec.lateInteraction === true;
    const keptRows = isOwn ? keptRowsOf(embedder) : undefined;
    const { spec, source } = embedder;
    // No server is known to have late interaction.
    if (isOwn && keptRows === undefined && source.from !== "server") {
      const { directory, dtype, batching, optimized } = source;
      // The same files again, so that the second load shares the workers.
      const reference = { ...spec, directory, dtype, batching, optimized };
      late = await loadRerankingStage(reference, { ...load, maxTokens: embedder.maxTokens });
      owned.push(late);
    }
    const crossEncoder = reranker?.kind === "cross-encoder" ? reranker : undefined;
    return {
      embedder,
      keptRows,
      rerankers: { ...(late && { lateInteraction: late }), ...(crossEncoder && { crossEncoder }) },
      owned,
    };
  } catch (error) {
    early?.stop.abort();
    const unused = await early?.loading.catch(() => undefined);
    await Promise.all([...owned, ...(unused === undefined ? [] : [unused])].map((one) => one.dispose()));
    throw error;
  }
}

/** Begins to load a reranker beside the embedder, where it is certain which it will be. */
function beginReranker(
  embedder: RetrieverOptions["embedder"],
  asked: RetrieverOptions["reranker"],
  load: NonNullable<RetrieverOptions["load"]>,
): { readonly loading: Promise<Reranker>; readonly stop: AbortController } | undefined {
  if (asked === false || isReranker(asked)) return undefined;
  const isNamed = embedder === undefined || typeof embedder === "string";
  const chosen = asked ?? (isNamed ? rerankerFor(embedder) : undefined);
  if (chosen === undefined) return undefined;
  const { signal } = load;
  // Such a one is refused, or heard, by what is loaded first.
  if (signal !== undefined && (isSignal(signal) !== undefined || signal.aborted)) return undefined;
  const stop = new AbortController();
  // Not `AbortSignal.any`, which does not hear a signal of another library or realm.
  const forget = signal && onAbort(signal, () => stop.abort(signal.reason));
  const loading = loadRerankingStage(chosen, { ...load, signal: stop.signal });
  // The embedder's error comes first; this one is told to those who await it.
  loading.catch(() => {}).finally(forget);
  return { loading, stop };
}

/** Refuses a stage that was asked for and would not be there. */
function checkLate(
  asked: RetrieverOptions["lateInteraction"],
  { spec, source }: Embedder,
  replacing: Reranker | undefined,
): void {
  if (isReranker(asked) && replacing !== undefined && asked !== replacing) {
    throw invalid(
      "lateInteraction",
      "is a loaded reranker, and reranker is another that is no cross-encoder and would take its place: pass one of the two",
    );
  }
  if (asked !== true || replacing !== undefined) return;
  if (source.from === "server")
    throw invalid("lateInteraction", "needs a model loaded here: no server gives token vectors");
  if (spec.lateInteraction !== true) {
    throw invalid(
      "lateInteraction",
      `has not been evaluated for ${spec.id}: load the embedder with { id or directory, lateInteraction: true }`,
    );
  }
}

/**
 * A fused reranker's late interaction is the embedder's own, whose rows are kept here, so only its cross-encoder has something to read.
 * Any other reranker is the stage itself.
 */
function stageOf(reranker: Reranker, embedder: Embedder, lateInteraction: Reranker | boolean): Reranker {
  const stages = fusedStagesOf(reranker);
  const isKept = lateInteraction === true && stages?.late === embedder.spec.id && keptRowsOf(embedder) !== undefined;
  return isKept ? stages.crossEncoder : reranker;
}

function isEmbedder(model: RetrieverOptions["embedder"]): model is Embedder {
  return typeof model === "object" && "embedQuery" in model;
}

function isReranker(model: RetrieverOptions["reranker"] | RetrieverOptions["lateInteraction"]): model is Reranker {
  return typeof model === "object" && "rerank" in model;
}
