import type { EmbeddingOutput } from "./embedding.js";
import type { KeepInMemory, RowStore } from "./keep.js";
import type { DeviceOption, Dtype } from "./model.js";

/** Which side of retrieval a text is on. Queries get the query instruction. */
export type InputType = "query" | "document";

/** A text that was cut. Its vector is that of the first `kept` tokens, special tokens included. */
export interface TruncationReport {
  /** Index in the caller's list; 0 for a query. */
  readonly index: number;
  readonly inputType: InputType;
  /** Tokens of the whole input, special tokens included. */
  readonly tokens: number;
  readonly kept: number;
}

/** A question and its answer, for models that learn their task from examples (bge-en-icl). */
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

/** Progress of a download. */
export interface DownloadProgress {
  /** The model's id. */
  readonly model: string;
  readonly commit: string;
  /** The file being downloaded, as a path in the repository. */
  readonly file: string;
  /** Bytes of this file on disk, including earlier attempts. Lower than before if an attempt had to be discarded. */
  readonly bytes: number;
  /** Size of this file in bytes. */
  readonly total: number;
  /** `bytes` and `total` over all files of this download. */
  readonly bytesOfAll: number;
  readonly totalOfAll: number;
}

/** The options of both loaders. An option that is unknown or does not apply to the model is an `INVALID_OPTION` error. */
export interface LoadOptions {
  /** Precision; `"q8"` is an alias of `"int8"`. @default what the folder's `bge.json` says, else "fp32" */
  readonly dtype?: Dtype | "q8";
  /** Longest input in tokens, special tokens included. Longer inputs are cut on the right. @default the model's: 512, of bge-code-v1 4,096, of BGE-VL 77 (prompted: 2,048); of other models what their files say */
  readonly maxTokens?: number;
  /**
   * What to do with an input longer than `maxTokens`: `"error"` rejects with `INPUT_TOO_LONG` before anything runs; `"warn"` cuts it
   * and emits one process warning per model (code `BGE_TRUNCATED`); `"silent"` cuts it. @default "warn"
   */
  readonly truncation?: "error" | "warn" | "silent";
  /** Called for every input that was cut, with any `truncation`, like `onProgress` of `embedDocuments`. @default none */
  readonly onTruncate?: (report: TruncationReport) => void;
  /** Processor threads in total, at most 1,024, shared by the workers. @default the container's processors (cgroup quota included), or `workers` if that is more */
  readonly threads?: number;
  /** Number of workers, each with its own copy of the weights. @default by `threads` and the size of the model; 1 on a device other than the CPU */
  readonly workers?: number;
  /**
   * Where workers run. In a process of their own, a native abort or `kill -9` does not end this process. Threads start faster, share
   * the runtime's code and move results without a copy. Inside one of your worker threads the default is `"process"`, because
   * terminating that thread while native code runs in a thread below it would abort this process; `"thread"` is refused there unless
   * `ORT_DISABLE_TELEMETRY` is set, because a thread cannot turn off ONNX Runtime's telemetry. The same holds in Bun.
   * @default "thread"; "process" inside a worker thread and in Bun
   */
  readonly isolation?: "thread" | "process";
  /**
   * Retry a batch whose worker died (`WORKER_LOST`), one input at a time. An input that killed two workers on its own is named and
   * not retried. @default false: the batch fails
   */
  readonly retryLost?: boolean;
  /**
   * While at least this many tokens are waiting for a worker, new calls are refused with `OVERLOADED`; for queries, only waiting
   * queries count. An accepted call is completed, whatever its size: it queues at most two windows of 256 texts at a time. Until
   * they are tokenized, texts count one token per four bytes of UTF-8. @default 1,048,576
   */
  readonly maxQueuedTokens?: number;
  /**
   * The device to run on. Naming a device that is not available is `UNSUPPORTED_PLATFORM`, which says why. `"auto"` tries the devices
   * this platform may have, in a separate process, and falls back to the CPU (`source.deviceReason` says why); it runs int8 files on
   * the CPU. Results on different devices differ in the last digits. @default "cpu"
   */
  readonly device?: DeviceOption;
  /**
   * Whether to compare canaries: a few texts with their fp32 vectors, or pairs with their fp32 logits, that a model folder may carry
   * (`canaries.json`). They are run once per process, at the first load, because int8 arithmetic differs between processors. A cosine
   * below 0.995 is a process warning (code `BGE_CANARY`), below 0.98 `UNSUPPORTED_PLATFORM`. @default true
   */
  readonly canaries?: boolean;
  /**
   * A branch, a tag, or a commit (40 hex digits), which pins the model. Installed model packages have no revisions and are then
   * skipped. @default a model package, else "main"
   */
  readonly revision?: string;
  /** `false` never uses the network, like `HF_HUB_OFFLINE=1` in the environment. @default true */
  readonly download?: boolean;
  /** Called with the progress of a download, like `onProgress` of `embedDocuments`. @default none */
  readonly onDownload?: (progress: DownloadProgress) => void;
  /** Address of the hub or a mirror. @default `HF_ENDPOINT`, else https://huggingface.co */
  readonly endpoint?: string;
  /** Aborts loading with `signal.reason`; downloaded data is kept. Does not affect later calls. @default none */
  readonly signal?: AbortSignal;
}

/** The options of `loadEmbedder`. */
export interface EmbedderOptions extends LoadOptions {
  /** Vectors are cut to this length, then normalised. @default the model's */
  readonly dimensions?: number;
  /** Put before each query; `false` for none. @default the model's */
  readonly queryInstruction?: string | false;
  /**
   * One of the model's named tasks, which chooses its instructions. Models with instructions by task (llm-embedder, bge-code-v1, ...)
   * need it or a `queryInstruction`. @default none, which is an error for such a model
   */
  readonly task?: string;
  /** Put before each query, for models that learn from examples (bge-en-icl). @default none */
  readonly examples?: readonly FewShotExample[];
  /** Outputs the model must have; loading fails if one is missing. @default ["dense"] */
  readonly outputs?: readonly EmbeddingOutput[];
  /**
   * Keeps the token rows of documents that `embedDocuments` and `embedStream` read (without `outputs`), in the same pass, for rerankers
   * by late interaction with the same store, model and `maxTokens`. For models measured as such. @default none
   */
  readonly keep?: RowStore;
}

/** The options of `loadReranker`. */
export interface RerankerOptions extends LoadOptions {
  /**
   * What a cross-encoder's scores are. `"fused"`, for bge-js/reranker-small-en: late interaction with bge-small-en-v1.5 scores all
   * documents, the cross-encoder a passage of the best 16, and their z-scores are added. This ranks better, but scores are only comparable within
   * one call, and both models are loaded, with the same options. Late interaction always scores by cosine.
   * @default "logit"; "fused" where no model is named
   */
  readonly scale?: "logit" | "sigmoid" | "fused";
  /** The layer after which a layerwise reranker stops. Each layer has its own graph. @default the model's last */
  readonly cutoffLayer?: number;
  /** Weights of bge-m3's three scores. @default 1 each, like the reference implementation's `compute_score` */
  readonly weights?: HybridWeights;
  /** Vectors are cut to this length, then normalised. Not for cross-encoders. @default the model's */
  readonly dimensions?: number;
  /** Put before each query; `false` for none. Not for cross-encoders. @default none */
  readonly queryInstruction?: string | false;
  /**
   * Where late interaction keeps the token rows of documents it has read, so that it reads none twice: in memory, or in a store. What is
   * kept changes no score. `false` keeps nothing. Not for cross-encoders and bge-m3. @default in memory, 64 MiB: about 6,000 documents
   * of 180 tokens
   */
  readonly keep?: RowStore | KeepInMemory | false;
}

export interface CallOptions {
  /** Drops queued work and rejects with `signal.reason`. A run in progress finishes unobserved. @default none */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds the call may take; for a stream, until its last vector is drawn. After that, queued work is dropped and the call
   * rejects with `DEADLINE_EXCEEDED`, which carries finished results in `completed`. A run in progress finishes unobserved. 0 or less
   * has already passed. @default none
   */
  readonly deadlineMs?: number;
}
