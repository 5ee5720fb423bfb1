import {
  BgeError,
  type Embedder,
  type EmbedderOptions,
  loadEmbedder,
  loadReranker,
  type ModelReference,
  type Reranker,
} from "@bge-js/core";
import { type ModelTokenizer, openTokenizer } from "@bge-js/core/adapter";
import type { Settings } from "./options.js";

/** An embedder, once for each way in which a request may use it. They share workers and weights. */
export interface ServedEmbedder {
  /** For facts. */
  readonly any: Embedder;
  /** `cut`: texts over the limit are cut instead of refused. `instructed`: queries get the model's instruction. */
  use(way: { readonly cut: boolean; readonly instructed: boolean }): Embedder;
  /** On this thread: for one request's texts at a time. */
  readonly tokenizer: () => ModelTokenizer;
}

export interface ServedReranker {
  readonly any: Reranker;
  use(way: { readonly cut: boolean }): Reranker;
}

/** The models of a server. */
export interface Models {
  readonly embedder: ServedEmbedder | undefined;
  readonly reranker: ServedReranker | undefined;
  dispose(): Promise<void>;
}

type Loaded = Embedder | Reranker;

export async function loadModels(settings: Settings): Promise<Models> {
  const { embedder: model, reranker } = settings;
  const loaded: Loaded[] = [];
  const keep = async <M extends Loaded>(loading: Promise<M>): Promise<M> => {
    const one = await loading;
    loaded.push(one);
    return one;
  };
  const dispose = async () => {
    await Promise.all(loaded.map((one) => one.dispose()));
  };
  try {
    return {
      embedder: model === false ? undefined : await embedderOf(model, settings, keep),
      reranker: reranker === undefined ? undefined : await rerankerOf(reranker, settings, keep),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function embedderOf(
  model: string | URL | ModelReference | undefined,
  { embedderOptions = {} }: Settings,
  keep: (loading: Promise<Embedder>) => Promise<Embedder>,
): Promise<ServedEmbedder> {
  const load = (options: EmbedderOptions) => keep(loadEmbedder(model, { ...embedderOptions, ...options }));
  const { task: _, examples: __, ...bare } = embedderOptions;
  const plain = (truncation: "error" | "silent") =>
    keep(loadEmbedder(model, { ...bare, queryInstruction: false, truncation }));
  const instructed = { false: await load({ truncation: "error" }), true: await load({ truncation: "silent" }) };
  const uninstructed = { false: await plain("error"), true: await plain("silent") };
  const any = instructed.false;
  let tokenizer: ModelTokenizer | undefined;
  return {
    any,
    use: ({ cut, instructed: asked }) => (asked ? instructed : uninstructed)[`${cut}`],
    tokenizer: () => (tokenizer ??= openTokenizer(any, {})),
  };
}

async function rerankerOf(
  model: string | URL | ModelReference,
  { rerankerOptions = {} }: Settings,
  keep: (loading: Promise<Reranker>) => Promise<Reranker>,
): Promise<ServedReranker> {
  const load = (truncation: "error" | "silent") => keep(loadReranker(model, { ...rerankerOptions, truncation }));
  const ways = { false: await load("error"), true: await load("silent") };
  if (ways.false.scale === "fused") {
    const message = "Fused scores are comparable only within one call, so they are not served. Name a model.";
    throw new BgeError("INVALID_OPTION", message, { parameter: "reranker" });
  }
  return { any: ways.false, use: ({ cut }) => ways[`${cut}`] };
}
