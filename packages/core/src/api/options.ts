import type { EmbeddingOutput } from "./embedding.js";
import type { DeviceOption, Dtype } from "./model.js";

/** Which side of retrieval a text is on: a query carries the query instruction. */
export type InputType = "query" | "document";

/** A text that was cut. Its vector is that of the first `kept` tokens, special tokens included. */
export interface TruncationReport {
  /** Position in the caller's list; 0 for a query. */
  readonly index: number;
  readonly inputType: InputType;
  /** Tokens of the whole input, special tokens included. */
  readonly tokens: number;
  readonly kept: number;
}

/** A question and its answer, shown to a model that learns its task from examples (bge-en-icl). */
export interface FewShotExample {
  /** @default the query instruction in use */
  readonly instruction?: string;
  readonly query: string;
  readonly response: string;
}

/** How much each of bge-m3's scores counts. */
export interface HybridWeights {
  readonly dense: number;
  readonly sparse: number;
  readonly multiVector: number;
}

/** How far a download is. */
export interface DownloadProgress {
  /** The model's id. */
  readonly model: string;
  readonly commit: string;
  /** The file that is coming, as a path in the repository. */
  readonly file: string;
  /** Bytes of this file that are here, those of an earlier try included; less than before where a try was of no use. */
  readonly bytes: number;
  readonly total: number;
  /** The same over all files of this download. */
  readonly bytesOfAll: number;
  readonly totalOfAll: number;
}

/** What both loaders take; one that does not apply to the model, or is not known, is an `INVALID_OPTION` error. */
export interface LoadOptions {
  /** Precision; `"q8"` is another spelling of `"int8"`. @default what the folder's `bge.json` says, else "fp32" */
  readonly dtype?: Dtype | "q8";
  /** Longest input in tokens, special tokens included; longer ones are cut on the right. @default the model's: 512, of bge-code-v1 4,096; of other models what their files say */
  readonly maxTokens?: number;
  /**
   * What happens to an input over `maxTokens`: `"error"` rejects with `INPUT_TOO_LONG` before anything runs; `"warn"`
   * cuts, and emits one process warning a model (code `BGE_TRUNCATED`); `"silent"` cuts. @default "warn"
   */
  readonly truncation?: "error" | "warn" | "silent";
  /** Called for every input that was cut, whatever `truncation` says; as `onProgress` of `embedDocuments`. */
  readonly onTruncate?: (report: TruncationReport) => void;
  /** Processor threads in all, shared out over the workers. @default what the container really has, or `workers` if that is more */
  readonly threads?: number;
  /** Worker threads; each holds its own copy of the weights. @default by `threads` and the size of the model; 1 on a device other than the processor */
  readonly workers?: number;
  /**
   * Where workers live. A native abort or an operator's `kill -9` ends a process alone, a thread with all of this process;
   * threads start sooner, share the runtime's code and move results without a copy. Inside a worker thread of yours the default
   * is `"process"`: terminating such a thread would abort this process while native code runs in a thread below it.
   * `"thread"` is refused there unless `ORT_DISABLE_TELEMETRY` is set, for a thread cannot turn ONNX Runtime's telemetry off.
   * @default "thread"
   */
  readonly isolation?: "thread" | "process";
  /**
   * A batch whose worker dies (`WORKER_LOST`) is done again, input by input; an input over which two workers have died when it
   * was alone is named and not tried again. @default false: the batch fails
   */
  readonly retryLost?: boolean;
  /**
   * While at least so many tokens wait for a worker, a call is refused with `OVERLOADED`; queries are counted against waiting
   * queries alone. A call that was let in is carried through, whatever its size: it sends two windows of 256 texts ahead, and
   * keeps the rest to itself. Texts count one token per four bytes of UTF-8 until they have been read. @default 1,048,576
   */
  readonly maxQueuedTokens?: number;
  /**
   * What the model runs on. A device that is named and cannot be had is `UNSUPPORTED_PLATFORM`, which says why. `"auto"` tries
   * the devices that this platform may have, in a process apart, and ends on the processor if need be (`source.deviceReason` says why);
   * int8 files it leaves to the processor. Numbers of another device differ in their last digits. @default "cpu"
   */
  readonly device?: DeviceOption;
  /**
   * `false`: canaries are not compared. A model folder may carry a few texts with their fp32 vectors, or pairs with their fp32 logits
   * (`canaries.json`); they are run once a process at the first load, because int8 arithmetic differs between processors. Under
   * cosine 0.995 a process warning (code `BGE_CANARY`), under 0.98 `UNSUPPORTED_PLATFORM`. @default true
   */
  readonly canaries?: boolean;
  /**
   * Branch, tag, or commit of 40 hex digits, which pins. With it, an installed model package, which has no revisions, is
   * passed over. @default a model package, else "main"
   */
  readonly revision?: string;
  /** `false`: never use the network, as `HF_HUB_OFFLINE=1` in the environment. @default true */
  readonly download?: boolean;
  /** Called as files come, if the model has to be downloaded; as `onProgress` of `embedDocuments`. */
  readonly onDownload?: (progress: DownloadProgress) => void;
  /** Address of a hub or a mirror of it. @default `HF_ENDPOINT`, else https://huggingface.co */
  readonly endpoint?: string;
  /** Ends the loading with `signal.reason`; what was downloaded is kept. Says nothing about calls later on. */
  readonly signal?: AbortSignal;
}

/** The options of `loadEmbedder`. */
export interface EmbedderOptions extends LoadOptions {
  /** Vectors are cut to this width, then normalised. Not for cross-encoders. @default the model's */
  readonly dimensions?: number;
  /** Put before each query; `false` for none. Not for cross-encoders. @default the model's; of rerankers none */
  readonly queryInstruction?: string | false;
  /**
   * Which of the model's named tasks its texts are for: llm-embedder, bge-code-v1 and other models with instructions by task
   * need it, or a `queryInstruction`. @default none, which is an error for such a model
   */
  readonly task?: string;
  /** Shown before each query; for models that take them (bge-en-icl). @default none */
  readonly examples?: readonly FewShotExample[];
  /** Outputs that the model must have: without them it fails at load. For embedders. @default ["dense"] */
  readonly outputs?: readonly EmbeddingOutput[];
}

/** The options of `loadReranker`. */
export interface RerankerOptions extends LoadOptions {
  /**
   * What a cross-encoder's scores are. `"fused"`, for bge-js/reranker-small-en: late interaction with bge-small-en-v1.5 reads all
   * documents, the cross-encoder the best 30, and the z-scores of both are added; a better order, in which a score says nothing
   * outside its call. Both models are loaded, with the same options. Late interaction is a cosine in any case; embedders have no
   * scores. @default "logit"; "fused" where no model is named
   */
  readonly scale?: "logit" | "sigmoid" | "fused";
  /** The layer after which a layerwise reranker stops; each is a graph of its own. @default the last */
  readonly cutoffLayer?: number;
  /** For rerankers with bge-m3's three scores. @default 1 each, as the reference's `compute_score` */
  readonly weights?: HybridWeights;
  /** Vectors are cut to this width, then normalised. Not for cross-encoders. @default the model's */
  readonly dimensions?: number;
  /** Put before each query; `false` for none. Not for cross-encoders. @default the model's; of rerankers none */
  readonly queryInstruction?: string | false;
}

export interface CallOptions {
  /** Drops what is still queued and rejects with `signal.reason`; a run that has begun ends by itself, unseen. */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds from the call's start to its end at the latest: then what is queued is dropped, and the call rejects with
   * `DEADLINE_EXCEEDED`, which carries what was finished in `completed`; a run that has begun ends by itself, unseen. For a
   * stream: to the last vector that is drawn. 0 and less has passed already. @default none
   */
  readonly deadlineMs?: number;
}
