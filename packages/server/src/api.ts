import type { EmbedderOptions, ModelReference, RerankerOptions } from "@bge-js/core";

/** The options of `serve`. */
export interface ServeOptions {
  /** The embedding model, as for `loadEmbedder`; `false` for none. @default the packaged bge-small-en-v1.5 */
  readonly embedder?: string | URL | ModelReference | false;
  /** The reranker, as for `loadReranker`. @default none */
  readonly reranker?: string | URL | ModelReference;
  /** Load options of the embedder; `truncation` and `dimensions` are each request's. @default none */
  readonly embedderOptions?: Omit<EmbedderOptions, "truncation" | "onTruncate" | "dimensions" | "signal">;
  /** Load options of the reranker; a cross-encoder's scale is each request's. @default none */
  readonly rerankerOptions?: Omit<RerankerOptions, "truncation" | "onTruncate" | "scale" | "signal">;
  /** The address to listen on. Anything but a loopback address can be reached by others: set `apiKey` too. @default "127.0.0.1" */
  readonly host?: string;
  /** 0 takes a free one. @default 8080 */
  readonly port?: number;
  /**
   * The bearer token that every request must carry, except for `/health` and `/metrics`: the name of an environment variable, or a
   * function that returns it, called once. @default none
   */
  readonly apiKey?: { readonly env: string } | (() => string | Promise<string>);
  /** Whether texts over the limit are cut where a request does not say (`truncate`), instead of refused. @default false */
  readonly autoTruncate?: boolean;
  /** Most texts in a request. @default 2,048 */
  readonly maxBatchTexts?: number;
  /** Most bytes of a request's body; more are 413. @default 2,000,000 */
  readonly maxBodyBytes?: number;
  /** Most requests at once; more are 429. @default 512 */
  readonly maxConcurrentRequests?: number;
  /** Milliseconds that `close` waits for accepted requests before it ends them. @default 30,000 */
  readonly graceMs?: number;
}

/** A running server. */
export interface BgeServer extends AsyncDisposable {
  /** Its address, as a base for clients: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Accepts nothing more, finishes what it has accepted, and frees the models. Safe to call more than once. */
  close(): Promise<void>;
}
