import type { ModelFacts, ModelReference } from "./model.js";

/** The dialects that a server of models may speak. */
export type RemoteApi = (typeof REMOTE_APIS)[number];

export const REMOTE_APIS = ["tei", "openai", "infinity", "nim", "cohere"] as const;

/** What sets a request to a server apart from a run on this machine. Facts of the model (`queryInstruction`, ...) may be given too. */
export interface RemoteModel
  extends Pick<
    ModelFacts,
    | "id"
    | "dimensions"
    | "maxTokens"
    | "queryInstruction"
    | "documentInstruction"
    | "queryFormat"
    | "pooling"
    | "architecture"
    | "licence"
  > {
  /**
   * The server's address, as its clients take it: `"http://localhost:8080"` for TEI, `"http://localhost:8000/v1"` for the OpenAI dialect.
   * Paths such as `/embeddings` are put behind it. Several addresses are servers of the same model: each request goes to the one with
   * the fewest requests in flight, and one that fails is left alone until it is healthy again.
   */
  readonly url: string | URL | readonly (string | URL)[];
  /**
   * `"tei"`: Text Embeddings Inference, and `@bge-js/server`. `"openai"`: `/embeddings` of vLLM, llama.cpp, Ollama and others.
   * `"infinity"`: the same with infinity's `/rerank`. `"nim"`: NVIDIA's `input_type` and `/ranking`. `"cohere"`: `/rerank` of Cohere,
   * Jina, vLLM.
   */
  readonly api: RemoteApi;
  /** The name sent to the server, which must know it. @default what the server reports, if that is one model */
  readonly model?: string;
  /**
   * Who puts the query instruction before a query. `"server"` sends the text as it is, with NIM's `input_type` or TEI's `prompt_name`
   * ("query" and "document"). @default "server" for NIM, else "client"
   */
  readonly instructions?: "client" | "server";
  /**
   * The key, sent as `Authorization: Bearer`: the name of an environment variable, or a function that returns it, called for every
   * request. It is in no message, event or error. @default none
   */
  readonly apiKey?: { readonly env: string } | (() => string | Promise<string>);
  /** Further headers of every request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** The path of the requests, if it is not the dialect's own: hosted models of NIM have one each. @default the dialect's */
  readonly path?: string;
  /** What a server's relevance scores are; TEI, infinity and NIM say so themselves. llama.cpp gives logits. @default "sigmoid" */
  readonly scores?: "logit" | "sigmoid";
  /**
   * The same model on this machine. At load, a text, a query or a pair goes through both: below a cosine of 0.995 there is a process
   * warning (code `BGE_CANARY`), below 0.98 `MODEL_MISMATCH`. It is freed again at once. @default none
   */
  readonly compareWith?: string | URL | ModelReference;
  /** Most texts in a request. @default what the server says; else 32 for TEI, 30 for NIM, 64 for the others */
  readonly maxBatchTexts?: number;
  /** Most characters in a request, unless one text has more. @default 65,536 */
  readonly maxBatchCharacters?: number;
  /** Most requests in flight, to each address. @default 4 */
  readonly concurrency?: number;
  /** Milliseconds without any data after which a request has failed. @default 60,000 */
  readonly timeoutMs?: number;
  /**
   * How often a request is sent in all, if servers are overloaded (429, 503), fail (500, 502, 504) or cannot be reached. Before each
   * further try there is a pause, or as long a one as the server asks for. @default 5
   */
  readonly attempts?: number;
}
