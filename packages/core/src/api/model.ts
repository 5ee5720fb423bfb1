/** The transformer family. Encoders have their own special-token frame, decoders that of their tokenizer's post-processor. */
export type Architecture = (typeof ARCHITECTURES)[number];

export const ARCHITECTURES = [
  "bert",
  "xlm-roberta",
  "qwen2",
  "qwen3",
  "gemma",
  "gemma2",
  "mistral",
  "minicpm",
  "clip",
  "llava_next",
  "qwen2_5_vl",
] as const;

/** How token vectors become one text vector: the first token's, the mean over all tokens, or the last token's. */
export type Pooling = "cls" | "mean" | "last-token";

/** Precision of the weights: `model.onnx`, `model_fp16.onnx` or `model_quantized.onnx`, in `onnx/` or next to the tokenizer. */
export type Dtype = "fp32" | "fp16" | "int8";

/** The side on which the shorter texts of a batch are padded. */
export type Padding = "left" | "right";

/**
 * Which texts may share a run without changing each other's numbers.
 * `alone`: none (dynamic int8, whose activation ranges span the whole batch);
 * `equal-length`: texts with the same token count (per-token ranges, no padding);
 * `padded`: any (fp32, to 1e-5).
 */
export type Batching = "alone" | "equal-length" | "padded";

interface CommonSpec {
  /** Hugging Face id, or the folder's name if there is none. */
  readonly id: string;
  /** `"unknown"` only of a model behind a server. */
  readonly architecture: Architecture | "unknown";
  /** Longest text in tokens, special tokens included: the size of the position table. */
  readonly maxTokens: number;
  /**
   * The limit unless the option `maxTokens` is given. Present if the reference implementation's default, or a limit in the model's
   * files (`max_seq_length`, `model_max_length`), is lower than `maxTokens`.
   */
  readonly defaultMaxTokens?: number;
  /** Lowercase texts before the tokenizer's own steps (sentence-transformers' `do_lower_case`). @default false */
  readonly lowerCase?: boolean;
  /** @default "right" */
  readonly padding?: Padding;
  /** SPDX licence of the weights, or `"unknown"` if the files do not say. */
  readonly licence: string;
  /** What the model needs that this release lacks; loading it is an `UNSUPPORTED_MODEL` error. */
  readonly needs?: string;
}

/** The text put before queries and documents of one task. */
export interface TaskInstructions {
  readonly query: string;
  /** @default none */
  readonly document?: string;
}

/** The format of a query with few-shot examples (bge-en-icl). */
export interface FewShot {
  /** One example, with `{instruction}`, `{query}` and `{response}`. Each example is followed by a blank line. */
  readonly exampleFormat: string;
  /** Put after every query, with or without examples. */
  readonly suffix: string;
}

/** What a vision language model reads: its prompts and, in them, the place of a picture. */
export interface VisionFacts {
  /** The token that stands for a picture: once in a prompt, as often as the picture has features in what is run. */
  readonly imageToken: string;
  /** Pictures are first stretched to a square of this many pixels. @default none */
  readonly stretch?: number;
  /** Around a query with an instruction: `{instruction}` and `{content}`. */
  readonly query: string;
  /** Around a query without an instruction: `{content}`. */
  readonly bareQuery: string;
  /** Around a document with an instruction. @default documents have none */
  readonly document?: string;
  readonly bareDocument: string;
  /** The content of an input with a text alone: `{text}`. */
  readonly text: string;
  /** The content of an input with a picture alone. */
  readonly image: string;
  /** The content of an input with both: `{text}`. */
  readonly both: string;
}

/** An LLM reranker's text around query and document, in reading order. */
export interface RerankerPrompt {
  /** Put before the query. */
  readonly query: string;
  /** Put before the document. */
  readonly document: string;
  /** Between query and document, and between document and `text`. */
  readonly separator: string;
  /** The question to the model; never cut. */
  readonly text: string;
}

/** The facts of an embedding model. A fact that contradicts the files is an error at load, never a wrong vector. */
export interface EmbeddingSpec extends CommonSpec {
  readonly kind: "embedding";
  /** `"unknown"` only of a model behind a server. */
  readonly pooling: Pooling | "unknown";
  /** Length of the vectors before any cut. */
  readonly dimensions: number;
  /** The length unless the option `dimensions` is given (sentence-transformers' `truncate_dim`). @default all */
  readonly defaultDimensions?: number;
  /**
   * How vectors are compared. bge-js L2-normalises all vectors, whether or not the model's files list a Normalize module, so a dot
   * product is the cosine. A folder made for another similarity is rejected unless the reference states this one.
   * @default "cosine"
   */
  readonly similarity?: "cosine";
  /** Put before a query, exactly once; `""` for none. Models with `tasks` have none until a task is chosen. */
  readonly queryInstruction: string;
  /** Put before a document, exactly once. @default none */
  readonly documentInstruction?: string;
  /** Template for queries with an instruction. @default "{instruction}{text}" */
  readonly queryFormat?: string;
  /** Named instructions. The options must choose one (`task`) or give another (`queryInstruction`). */
  readonly tasks?: Readonly<Record<string, TaskInstructions>>;
  readonly fewShot?: FewShot;
  /**
   * The graph's output with the token vectors, `[batch, tokens, dimensions]`, or with text vectors pooled by the graph itself,
   * `[batch, dimensions]`. @default "last_hidden_state"
   */
  readonly output?: string;
  /** The graph's output with one lexical weight per token, `[batch, tokens]`. @default none */
  readonly sparseOutput?: string;
  /** The graph's output with the multi-vectors, `[batch, tokens - 1, dimensions]`, without the first token's. @default none */
  readonly multiVectorOutput?: string;
  /**
   * For a model that reads images too: the output of its second graph, `onnx/vision_model.onnx`, `[batch, dimensions]`. The first is
   * then `onnx/text_model.onnx`. See `loadMultimodalEmbedder`. @default none: text only
   */
  readonly imageOutput?: string;
  /**
   * For a vision language model: its prompts. Its graphs are `onnx/language_model.onnx` and `onnx/vision_model.onnx`. See
   * `loadMultimodalEmbedder`. @default none
   */
  readonly vision?: VisionFacts;
  /** True if measured as a late-interaction reranker, which `loadReranker` accepts. */
  readonly lateInteraction?: boolean;
}

/** The facts of a reranker that returns one logit: a cross-encoder or an LLM. */
export interface RerankerSpec extends CommonSpec {
  readonly kind: "reranker";
  /** For LLM rerankers. @default none: the pair in the architecture's special tokens */
  readonly prompt?: RerankerPrompt;
  /** The layers after which a layerwise reranker can stop. Each has its own graph: `onnx/model_layer28.onnx`. */
  readonly layers?: { readonly first: number; readonly last: number };
  /** The graph's output with the logits, `[batch, 1]`. @default "logits" */
  readonly output?: string;
  /** The embedding model whose late interaction is measured to combine well with it (`scale: "fused"`). */
  readonly fusedWith?: string;
  /** The measured weight of its z-scores relative to those of late interaction and other stages. */
  readonly fusedWeight?: number;
}

export type ModelSpec = EmbeddingSpec | RerankerSpec;

/** Facts of a model, passed by the caller or read from a folder. */
export interface ModelFacts
  extends Partial<Omit<EmbeddingSpec, "kind">>,
    Partial<Pick<RerankerSpec, "prompt" | "layers">> {
  /**
   * A folder in Hugging Face layout: `onnx/model.onnx` or `model.onnx`, `tokenizer.json`, `config.json`, `1_Pooling/config.json`, ...
   * A path or a `file:` URL.
   */
  readonly directory?: string | URL;
  readonly kind?: ModelSpec["kind"];
  /**
   * A graph with another name, as a path inside the folder, with `/`: `"onnx/model_O3.onnx"`. Its precision is `dtype` or, if that is
   * not given, the one in its name (`int8`, `quantized`, `fp16`, `O3`, ...). @default the graph of the precision
   */
  readonly file?: string;
  /** The precision of the folder's graph, used unless the option `dtype` asks for another. */
  readonly dtype?: Dtype;
  /** @default "alone" for int8, else "padded" */
  readonly batching?: Batching;
  /** True if ONNX Runtime's optimizer was already applied to the graph. It is then skipped on the CPU, which opens a fifth faster. @default false */
  readonly optimized?: boolean;
}

/**
 * A model as an object: files on disk, an id whose facts apply, or both. Every fact given here overrides. Model packages export
 * objects of this form.
 */
export type ModelReference = ModelFacts & ({ readonly id: string } | { readonly directory: string | URL });

/** The device a model runs on. */
export type Device = "cpu" | "cuda" | "coreml" | "dml" | "webgpu";

/** Values of the option `device`. */
export type DeviceOption = Device | "auto";

/** Where a model's files were found, and which are used. */
export interface ModelSource {
  readonly from: "directory" | "package" | "cache";
  readonly directory: string;
  /** Absolute path of the ONNX file. */
  readonly file: string;
  readonly dtype: Dtype;
  readonly batching: Batching;
  readonly optimized: boolean;
  /** Changes with the weights: from SHA-256 over the file's size and evenly spaced samples, as 16 hex digits. */
  readonly fingerprint: string;
}

/** The source of an open model. */
export interface OpenSource extends ModelSource {
  readonly device: Device;
  /** With `device: "auto"`: why other devices were passed over. */
  readonly deviceReason?: string;
}

/** The source of a model behind a server. */
export interface ServedSource {
  readonly from: "server";
  readonly addresses: readonly string[];
  /** The first address, in place of a folder and a file. */
  readonly directory: string;
  readonly file: string;
  /** The name by which the server knows the model; absent if it takes none. */
  readonly served?: string;
  /** What the server says. */
  readonly dtype: Dtype | "unknown";
  readonly batching: "alone";
  readonly optimized: false;
  /** From SHA-256 over the name and, of TEI, the revision that the server reports: it cannot tell that weights were exchanged. */
  readonly fingerprint: string;
  readonly device: "server";
  readonly deviceReason?: undefined;
}
