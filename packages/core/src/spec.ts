/** The transformer family: it decides the special-token frame and the positions left for text. */
export type Architecture = "bert" | "xlm-roberta" | "qwen2";

/** How token vectors become one text vector: the first token's, or the mean over all tokens. */
export type Pooling = "cls" | "mean" | "last-token";

/** Precision of the weights: `onnx/model.onnx`, `onnx/model_fp16.onnx`, `onnx/model_quantized.onnx`. */
export type Dtype = "fp32" | "fp16" | "int8";

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
  /** What is used unless `maxTokens` is asked for, where the reference's default is lower than the limit. */
  readonly defaultMaxTokens?: number;
  /** SPDX licence of the weights; `"unknown"` where the files do not say. */
  readonly licence: string;
  /** What the model needs and this release does not have; loading it is an `UNSUPPORTED_MODEL` error. */
  readonly needs?: string;
}

/** The facts of an embedding model. A fact that is wrong for the files is an error at load, never a wrong vector. */
export interface EmbeddingSpec extends CommonSpec {
  readonly kind: "embedding";
  readonly pooling: Pooling;
  /** Width of the vectors before any cut. */
  readonly dimensions: number;
  /** Put before a query, exactly once; `""` for none. */
  readonly queryInstruction: string;
  /** The graph's output with the token vectors, `[batch, tokens, dimensions]`. @default "last_hidden_state" */
  readonly output?: string;
  /** Measured as a late-interaction reranker: `loadReranker` takes it. */
  readonly lateInteraction?: boolean;
}

/** The facts of a cross-encoder with one logit. */
export interface RerankerSpec extends CommonSpec {
  readonly kind: "reranker";
  /** The graph's output with the logits, `[batch, 1]`. @default "logits" */
  readonly output?: string;
}

export type ModelSpec = EmbeddingSpec | RerankerSpec;

/** Facts of a model that are given by hand, or by the files of a folder. */
export interface ModelFacts {
  /** Folder in Hugging Face layout: `onnx/model.onnx`, `tokenizer.json`, `config.json`, `1_Pooling/config.json`, ... */
  readonly directory?: string;
  readonly id?: string;
  /** The precision that the folder carries, used unless the `dtype` option asks for another. */
  readonly dtype?: Dtype;
  readonly batching?: Batching;
  readonly kind?: ModelSpec["kind"];
  readonly architecture?: Architecture;
  readonly pooling?: Pooling;
  readonly dimensions?: number;
  readonly maxTokens?: number;
  readonly defaultMaxTokens?: number;
  readonly queryInstruction?: string;
  readonly output?: string;
  readonly lateInteraction?: boolean;
  readonly licence?: string;
  readonly needs?: string;
}

/**
 * A model as an object: files on disk, an id whose facts count, or both; every fact given here overrides.
 * What a model package exports has this form.
 */
export type ModelReference = ModelFacts & ({ readonly id: string } | { readonly directory: string });

/** Where a model's files were found, and which of them are used. */
export interface ModelSource {
  readonly from: "directory" | "package" | "cache";
  readonly directory: string;
  /** The ONNX file, absolute. */
  readonly file: string;
  readonly dtype: Dtype;
  readonly batching: Batching;
  /** Changes when the weights change: SHA-256 over the file's size and evenly spaced samples of it. */
  readonly fingerprint: string;
}
