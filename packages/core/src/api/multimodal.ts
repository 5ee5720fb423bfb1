import type { BgeError } from "./errors.js";
import type { EmbeddingSpec, OpenSource } from "./model.js";
import type { CallOptions, InputType, LoadOptions } from "./options.js";

/** Decoded samples, row by row and pixel by pixel: grey (1 channel), RGB (3), or RGB with an alpha channel (4), which is ignored. */
export interface RawImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/**
 * A picture: the path of a file or its `file:` URL; a file's bytes; decoded samples; or, with the option `allowUrls`, an `http:` or
 * `https:` URL. Files are JPEG, PNG, WebP, GIF, TIFF or AVIF, of which the first frame or page is read; their kind is told by their
 * bytes, not their name.
 */
export type ImageInput = string | URL | Uint8Array | RawImage;

/** A text, a picture, or both, which together have one vector. */
export interface MultimodalInput {
  readonly text?: string;
  readonly image?: ImageInput;
  /**
   * What to look for, in words, for the models that are prompted (BGE-VL-v1.5, -MLLM, -Screenshot): with queries, as in the reference.
   * @default none
   */
  readonly instruction?: string;
}

/** Where pictures may be downloaded from. */
export interface UrlPolicy {
  /**
   * Hosts, each with its subdomains. An empty list allows none.
   * @default all with a public address
   */
  readonly hosts?: readonly string[];
  /** Redirects to follow; each is checked like the first address. @default 3 */
  readonly maxRedirects?: number;
  /** Milliseconds for a download as a whole. @default 30,000 */
  readonly timeoutMs?: number;
}

/** The options of `loadMultimodalEmbedder`. */
export interface MultimodalOptions extends LoadOptions {
  /** Pictures with more pixels are refused before they are decoded: 3 bytes each, in a worker. @default 89,478,485, as Pillow warns above */
  readonly maxPixels?: number;
  /** Files and downloads of more bytes are refused before they are read. @default 67,108,864 */
  readonly maxBytes?: number;
  /**
   * BGE-VL-Screenshot scales pictures with more pixels down to this many, each 784 of which take a token: memory and time grow with
   * their square. Part of what makes a vector: use one value for queries and documents. @default 1,003,520, or the model's limit if that is lower
   */
  readonly maxScaledPixels?: number;
  /** `"apply"` turns pictures as their EXIF orientation says; the reference ignores it. @default "ignore" */
  readonly orientation?: "ignore" | "apply";
  /**
   * Whether an `http:` or `https:` URL may be given as a picture. Private, loopback and other special addresses are refused in any
   * case, also if a name leads there. @default false
   */
  readonly allowUrls?: boolean | UrlPolicy;
}

/** How a loaded model reads pictures: its options, with the defaults filled in. */
export interface PictureOptions
  extends Required<Pick<MultimodalOptions, "allowUrls" | "maxBytes" | "maxPixels" | "orientation">> {
  /** Of the models that scale pictures alone: the limit that is in use, the model's own if that is lower. */
  readonly maxScaledPixels?: number;
}

export interface MultimodalCallOptions extends CallOptions {
  /**
   * A query runs ahead of queued documents. Models that are prompted have another prompt for each; BGE-VL-base and -large give both the
   * same vector. @default "document"
   */
  readonly inputType?: InputType;
  /** Called on the caller's thread as inputs are finished, like `onProgress` of `embedDocuments`. @default none */
  readonly onProgress?: (progress: { readonly completed: number; readonly total: number }) => void;
}

export interface MultimodalStreamOptions extends CallOptions {
  /** As in `embed`. @default "document" */
  readonly inputType?: InputType;
  /** `"skip"` yields `undefined` in place of a failed input and goes on. @default "throw" */
  readonly onError?: "throw" | "skip";
  /** Called for each skipped input, like `onProgress`; the error names its index. @default none */
  readonly onSkip?: (error: BgeError) => void;
  /** As the load option, for this stream. @default the load option's */
  readonly retryLost?: boolean;
}

/**
 * A loaded model with one space for texts and pictures. Nothing heavy runs on the caller's thread: pictures are read, decoded and
 * resized in workers. All vectors are L2-normalised, so a dot product is the cosine. The same input always gets the same vector,
 * alone or in any list.
 *
 * Every method rejects with a `BgeError`: `INVALID_INPUT` (naming every bad index: a picture that is broken, too large, of another
 * kind or not there), `DOWNLOAD_FAILED` (a URL), `PACKAGE_NOT_FOUND` (sharp, which decodes files, is not installed),
 * `INVALID_OPTION`, `INPUT_TOO_LONG`, `INFERENCE_FAILED`, `WORKER_LOST`, `OVERLOADED`, `DEADLINE_EXCEEDED` or `DISPOSED`; or with
 * `signal.reason`.
 */
export interface MultimodalEmbedder extends AsyncDisposable {
  readonly spec: EmbeddingSpec;
  /** The source of the graph for texts, or of the language model; that for pictures is beside it. The fingerprint is that of both. */
  readonly source: OpenSource;
  /** How pictures are read. `orientation` and `maxScaledPixels` are part of what makes a picture's vector. */
  readonly pictures: PictureOptions;
  /** Length of the vectors. */
  readonly dimensions: number;
  /** Longest text in tokens that is not cut, special tokens and prompt included, but not what stands for a picture. */
  readonly maxTokens: number;
  /**
   * Resolves to one vector of length `dimensions` per input, in input order; `[]` for `[]`. The vector of a text with a picture is
   * the normalised sum of both before normalisation, or of prompted models that of the prompt with both. On failure, the error carries the finished vectors in `completed`.
   */
  embed(inputs: readonly MultimodalInput[], options?: MultimodalCallOptions): Promise<Float32Array[]>;
  /**
   * Embeds inputs in constant memory: they are drawn only as fast as they are embedded, 32 ahead. Yields one vector of length
   * `dimensions` per input, in input order.
   */
  embedStream(
    inputs: Iterable<MultimodalInput> | AsyncIterable<MultimodalInput>,
    options: MultimodalStreamOptions & { readonly onError: "skip" },
  ): AsyncGenerator<Float32Array | undefined, void, undefined>;
  embedStream(
    inputs: Iterable<MultimodalInput> | AsyncIterable<MultimodalInput>,
    options?: MultimodalStreamOptions & { readonly onError?: "throw" },
  ): AsyncGenerator<Float32Array, void, undefined>;
  /**
   * Rejects pending calls with `DISPOSED` at once, and resolves when the workers have ended and their memory is free, after any run
   * in progress. Workers shared with other loads of the same files go on. Safe to call more than once.
   */
  dispose(): Promise<void>;
}
