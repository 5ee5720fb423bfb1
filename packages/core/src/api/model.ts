/** The transformer family: encoders have a special-token frame of their own, decoders that of their tokenizer's post-processor. */
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
] as const;

/** How token vectors become one text vector: the first token's, the mean over all tokens, or the last token's. */
export type Pooling = "cls" | "mean" | "last-token";

/** Precision of the weights: `model.onnx`, `model_fp16.onnx`, `model_quantized.onnx`, in `onnx/` or beside the tokenizer. */
export type Dtype = "fp32" | "fp16" | "int8";

/** The side on which short texts of a batch are filled up. */
export type Padding = "left" | "right";

/**
 * Which texts may share a run without changing each other's numbers.
 * `alone`: none (activation ranges over the whole batch, as dynamic int8 has);
 * `equal-length`: texts of the same token count (ranges per token, nothing padded);
 * `padded`: any (fp32, to 1e-5).
 */
export type Batching = "alone" | "equal-length" | "padded";

interface CommonSpec {
  /** Hugging Face id, or the folder's name where there is none. */
  readonly id: string;
  readonly architecture: Architecture;
  /** The most tokens a text may have, special tokens included: what the position table carries. */
  readonly maxTokens: number;
  /**
   * What is used unless `maxTokens` is asked for, where the reference's default, or a limit that the model's files state
   * (`max_seq_length`, `model_max_length`), is lower than `maxTokens`.
   */
  readonly defaultMaxTokens?: number;
  /** Texts are put into lower case before the tokenizer's own steps (sentence-transformers' `do_lower_case`). @default false */
  readonly lowerCase?: boolean;
  /** @default "right" */
  readonly padding?: Padding;
  /** SPDX licence of the weights; `"unknown"` where the files do not say. */
  readonly licence: string;
  /** What the model needs and this release does not have; loading it is an `UNSUPPORTED_MODEL` error. */
  readonly needs?: string;
}

/** What is put before the texts of one task. */
export interface TaskInstructions {
  readonly query: string;
  /** @default none */
  readonly document?: string;
}

/** How a query with few-shot examples is written (bge-en-icl). */
export interface FewShot {
  /** One example, with `{instruction}`, `{query}` and `{response}`; examples are joined, and followed, by a blank line. */
  readonly exampleFormat: string;
  /** Put behind every query, with or without examples. */
  readonly suffix: string;
}

/** The text around query and document of an LLM reranker, in the order in which it is read. */
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

/** The facts of an embedding model. A fact that is wrong for the files is an error at load, never a wrong vector. */
export interface EmbeddingSpec extends CommonSpec {
  readonly kind: "embedding";
  readonly pooling: Pooling;
  /** Width of the vectors before any cut. */
  readonly dimensions: number;
  /** The width in use unless `dimensions` is asked for (sentence-transformers' `truncate_dim`). @default all */
  readonly defaultDimensions?: number;
  /**
   * How vectors are compared. All are L2-normalised here, whether the model's files list a Normalize module or not, so that a dot
   * product is the cosine. A folder that is made for another similarity is refused unless its reference states this.
   * @default "cosine"
   */
  readonly similarity?: "cosine";
  /** Put before a query, exactly once; `""` for none. With `tasks` there is none until a task is chosen. */
  readonly queryInstruction: string;
  /** Put before a document, exactly once. @default none */
  readonly documentInstruction?: string;
  /** How `{instruction}` and `{text}` make a query that has an instruction. @default "{instruction}{text}" */
  readonly queryFormat?: string;
  /** Named instructions, of which one must be chosen (`task`), or an instruction of one's own (`queryInstruction`). */
  readonly tasks?: Readonly<Record<string, TaskInstructions>>;
  readonly fewShot?: FewShot;
  /**
   * The graph's output with the token vectors, `[batch, tokens, dimensions]`, or with the text vectors that the graph has
   * pooled itself, `[batch, dimensions]`. @default "last_hidden_state"
   */
  readonly output?: string;
  /** The graph's output with one lexical weight a token, `[batch, tokens]`. @default none */
  readonly sparseOutput?: string;
  /** The graph's output with the multi-vectors, `[batch, tokens - 1, dimensions]`: none for the first token. @default none */
  readonly multiVectorOutput?: string;
  /** Measured as a late-interaction reranker: `loadReranker` takes it. */
  readonly lateInteraction?: boolean;
}

/** The facts of a cross-encoder with one logit, or of an LLM that gives one. */
export interface RerankerSpec extends CommonSpec {
  readonly kind: "reranker";
  /** An LLM reranker's. @default the pair in the architecture's special tokens */
  readonly prompt?: RerankerPrompt;
  /** The layers after which a layerwise reranker can stop, each a graph of its own: `onnx/model_layer28.onnx`. */
  readonly layers?: { readonly first: number; readonly last: number };
  /** The graph's output with the logits, `[batch, 1]`. @default "logits" */
  readonly output?: string;
  /** The embedding model whose late interaction is measured to go well with it (`scale: "fused"`). */
  readonly fusedWith?: string;
  /** How much its z-scores count beside late interaction's and other stages', where that is measured. */
  readonly fusedWeight?: number;
}

export type ModelSpec = EmbeddingSpec | RerankerSpec;

/** Facts of a model that are given by hand, or by the files of a folder. */
export interface ModelFacts {
  /**
   * Folder in Hugging Face layout: `onnx/model.onnx` or `model.onnx`, `tokenizer.json`, `config.json`, `1_Pooling/config.json`, ...
   * A path, or a `file:` URL.
   */
  readonly directory?: string | URL;
  readonly id?: string;
  /**
   * A graph under another name, as a path inside the folder, with `/`: `"onnx/model_O3.onnx"`. Its precision is `dtype`; where
   * that is not stated, what the name tells (`int8`, `quantized`, `fp16`, `O3`, ...). @default the graph of the precision
   */
  readonly file?: string;
  /** The precision that the folder carries, used unless the `dtype` option asks for another. */
  readonly dtype?: Dtype;
  /** @default "alone" for int8, else "padded" */
  readonly batching?: Batching;
  /** The graph is as ONNX Runtime's optimizer would leave it: opened without, on a processor, which saves a fifth of the time. @default false */
  readonly optimized?: boolean;
  readonly kind?: ModelSpec["kind"];
  readonly architecture?: Architecture;
  readonly pooling?: Pooling;
  readonly dimensions?: number;
  readonly defaultDimensions?: number;
  readonly similarity?: "cosine";
  readonly maxTokens?: number;
  readonly defaultMaxTokens?: number;
  readonly lowerCase?: boolean;
  readonly queryInstruction?: string;
  readonly documentInstruction?: string;
  readonly queryFormat?: string;
  readonly tasks?: Readonly<Record<string, TaskInstructions>>;
  readonly fewShot?: FewShot;
  readonly output?: string;
  readonly sparseOutput?: string;
  readonly multiVectorOutput?: string;
  readonly lateInteraction?: boolean;
  readonly padding?: Padding;
  readonly prompt?: RerankerPrompt;
  readonly layers?: { readonly first: number; readonly last: number };
  readonly licence?: string;
  readonly needs?: string;
}

/**
 * A model as an object: files on disk, an id whose facts count, or both; every fact given here overrides.
 * What a model package exports has this form.
 */
export type ModelReference = ModelFacts & ({ readonly id: string } | { readonly directory: string | URL });

/** What a model runs on. */
export type Device = "cpu" | "cuda" | "coreml" | "dml" | "webgpu";

/** What the option `device` may say. */
export type DeviceOption = Device | "auto";

/** Where a model's files were found, and which of them are used. */
export interface ModelSource {
  readonly from: "directory" | "package" | "cache";
  readonly directory: string;
  /** The ONNX file, absolute. */
  readonly file: string;
  readonly dtype: Dtype;
  readonly batching: Batching;
  readonly optimized: boolean;
  /** Changes when the weights change: SHA-256 over the file's size and evenly spaced samples of it. */
  readonly fingerprint: string;
}

/** The same of a model that is open. */
export interface OpenSource extends ModelSource {
  readonly device: Device;
  /** With `device: "auto"`: why devices were passed over. */
  readonly deviceReason?: string;
}
