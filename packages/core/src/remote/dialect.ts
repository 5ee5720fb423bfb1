import type { InputType } from "../api/options.js";
import type { RemoteApi } from "../api/remote.js";

/** A request: where to, and its JSON. */
export interface Sent {
  readonly path: string;
  readonly body: object;
}

/** What a request asks of each text. */
export type Wanted = "dense" | "sparse" | "tokens";

export interface EmbedRequest {
  readonly texts: readonly string[];
  /** The side, if the server is to tell them apart. */
  readonly inputType: InputType | undefined;
  /** Whether the server may cut a text. */
  readonly cut: boolean;
  readonly wanted: Wanted;
}

export interface RankRequest {
  readonly query: string;
  readonly texts: readonly string[];
  readonly cut: boolean;
  readonly logits: boolean;
}

/** How one kind of server is spoken to. Pure: makes requests and reads answers. Readers throw `BadAnswer`. */
export interface Dialect {
  readonly api: RemoteApi;
  /** Most texts in a request, unless the server says. */
  readonly maxBatchTexts: number;
  /** Asked whether the server is up. */
  readonly health: string;
  /** Lists the names of the models, if the server has such a list. */
  readonly models: string | undefined;
  /** What becomes of a text over the limit: refused unless `cut` is asked for, refused always, or cut in silence. */
  readonly overlong: "as-asked" | "unknown";
  /** True if an empty text is refused, with all others in its request. */
  readonly refusesEmpty: boolean;
  /** The outputs that the server has requests for. */
  readonly outputs: readonly Wanted[];
  embed(request: EmbedRequest): Sent;
  /** Reads one list of numbers for each text: a vector, rows of the same width one after another, or pairs of index and value. */
  readEmbeddings(json: unknown, count: number, wanted: Wanted): Embedded[];
  /** Undefined if the dialect has no reranking. */
  readonly rank?: {
    request(request: RankRequest): Sent;
    /** Reads one score for each text, in their order. */
    read(json: unknown, count: number): number[];
    /** What the scores are; `"as-asked"` if `logits` decides. */
    readonly scores: "as-asked" | "logit" | "unknown";
  };
  /** Undefined if the server counts no tokens. */
  readonly count?: {
    request(texts: readonly string[]): Sent;
    read(json: unknown, count: number): number[];
  };
}

/** A text's numbers, and for rows their width. */
export interface Embedded {
  readonly data: Float32Array;
  readonly width: number;
}
