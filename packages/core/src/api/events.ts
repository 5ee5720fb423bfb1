import { channel } from "node:diagnostics_channel";
import { monotonic, timeOrigin } from "../clock.js";
import { announce, listener as listenerOf } from "./callbacks.js";
import { BgeError, type BgeErrorCode, invalid, shown } from "./errors.js";
import type { Device, Dtype, ModelSource } from "./model.js";
import type { InputType } from "./options.js";

/**
 * How something ended: successfully, with the code of a `BgeError`, by the caller's signal, or with someone else's error (thrown by
 * a callback or an input stream).
 */
export type Outcome = "ok" | "aborted" | "failed" | BgeErrorCode;

/** The public methods that use a model. */
export type Method =
  | "embedQuery"
  | "embedDocuments"
  | "embed"
  | "embedStream"
  | "embedTokens"
  | "countTokens"
  | "lexicalWeights"
  | "score"
  | "rerank";

/** The model an event is about. */
interface OfModel {
  /** Its id, as in `spec.id`. */
  readonly model: string;
  readonly dtype: Dtype | "unknown";
  readonly device: Device | "server";
}

/** When something began and how long it took. */
interface Timed {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** A call begins. Published on the caller's stack, so that the asynchronous context (a span) is the caller's. */
export interface CallStartEvent extends OfModel {
  /** Identifies the call within this process. */
  readonly call: number;
  readonly method: Method;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A call ended. */
export interface CallEvent extends OfModel, Timed {
  readonly call: number;
  readonly method: Method;
  readonly outcome: Outcome;
  /** Texts (for a reranker, documents) passed or drawn from a stream. */
  readonly inputs: number;
  /** Tokens run through the model, without padding. */
  readonly tokens: number;
  /** Inputs that were cut, including a reranker's query. */
  readonly truncated: number;
  /** Graph runs. */
  readonly runs: number;
  /** The longest that any piece of this call's work waited for a worker and processor threads. */
  readonly queueMs: number;
  /** This and the next two are sums over the call's work in the workers, which may run in parallel. */
  readonly tokenizeMs: number;
  readonly runMs: number;
  readonly postprocessMs: number;
}

/** A worker answered a piece of a call's work. Work dropped before it began has no event. */
export interface RunEvent extends OfModel, Timed {
  readonly call: number;
  /**
   * `run`: a batch through the graph; `encode`: texts to tokens; `encode-and-run`: both for one text; `decode`: tokens to text;
   * `divide`: a long text into windows; `match`: late interaction of a query with texts whose rows were kept; `image`: one picture.
   */
  readonly work: "encode" | "run" | "encode-and-run" | "decode" | "divide" | "match" | "passages" | "image" | "prompt";
  readonly outcome: Outcome;
  /** Rows in a batch, or texts to encode. */
  readonly inputs: number;
  readonly tokens: number;
  /** Padding in the batch, not included in `tokens`. */
  readonly paddedTokens: number;
  /**
   * Rows and tokens of the whole run through the graph, with those of other calls that shared it. Not set where another call's event
   * tells them, nor for work without a run.
   */
  readonly batchInputs?: number;
  readonly batchTokens?: number;
  /**
   * Parts of `durationMs`: waiting for a worker, then the worker's stages, of which a call that shared a run has its part by its tokens. The
   * rest is messaging, and the others' parts.
   */
  readonly queueMs: number;
  readonly tokenizeMs: number;
  readonly runMs: number;
  readonly postprocessMs: number;
}

/** A worker changed state. `lost`: it died; `failed`: it died before the model was open; `ended`: it was told to end. */
export interface WorkerEvent extends OfModel {
  readonly state: "started" | "ready" | "lost" | "failed" | "ended";
  readonly isolation: "thread" | "process";
  /** True if it replaces a lost worker. */
  readonly replacement: boolean;
  /** Milliseconds since it started. */
  readonly ageMs: number;
  /** Only for `lost` and `failed`. */
  readonly reason?: string;
}

/** A model was loaded, or failed to load. */
export interface LoadEvent extends OfModel, Timed {
  readonly from: ModelSource["from"] | "server";
  readonly outcome: Outcome;
}

/** `device: "auto"` chose a device. */
export interface DeviceEvent {
  readonly model: string;
  readonly device: Device;
  /** Why preferred devices were passed over. */
  readonly reason?: string;
}

/** A model's canaries were compared: texts with fp32 vectors, or pairs with fp32 logits, from its folder. */
export interface CanaryEvent extends OfModel, Timed {
  readonly verdict: "pass" | "warn" | "refuse";
  /** Number of texts or pairs. */
  readonly texts: number;
  /**
   * The lowest cosine to an fp32 vector. The logits of all pairs are compared as one vector.
   */
  readonly worst: number;
  /** What was measured for that text where the file was built, if the folder says. */
  readonly expected?: number;
  readonly mean: number;
}

/** An input was cut. */
export interface TruncateEvent {
  readonly model: string;
  readonly index: number;
  readonly inputType: InputType;
  readonly tokens: number;
  readonly kept: number;
}

/** Texts were looked up among those whose token rows were kept (option `keep`). */
export interface KeepEvent {
  readonly model: string;
  /** Texts whose rows were kept. */
  readonly found: number;
  /** Texts that were read, and then kept. */
  readonly read: number;
  /** Of those, texts whose kept rows were damaged. */
  readonly damaged: number;
  /** Why the store could not be used. */
  readonly failure?: string;
}

/** A model file was downloaded, or failed to download. */
export interface DownloadEvent extends Timed {
  readonly model: string;
  readonly commit: string;
  readonly file: string;
  /** Size of the file, including bytes from an earlier attempt. */
  readonly bytes: number;
  readonly outcome: Outcome;
}

/** The events by their `node:diagnostics_channel` channel. No event contains a text, a token, a vector or a score. */
export interface BgeEvents {
  readonly "bge-js:call-start": CallStartEvent;
  readonly "bge-js:call": CallEvent;
  readonly "bge-js:run": RunEvent;
  readonly "bge-js:worker": WorkerEvent;
  readonly "bge-js:load": LoadEvent;
  readonly "bge-js:device": DeviceEvent;
  readonly "bge-js:canary": CanaryEvent;
  readonly "bge-js:truncate": TruncateEvent;
  readonly "bge-js:keep": KeepEvent;
  readonly "bge-js:download": DownloadEvent;
}

// Referenced here, because Node drops channels that nothing references.
const CHANNELS = {
  "bge-js:call-start": channel("bge-js:call-start"),
  "bge-js:call": channel("bge-js:call"),
  "bge-js:run": channel("bge-js:run"),
  "bge-js:worker": channel("bge-js:worker"),
  "bge-js:load": channel("bge-js:load"),
  "bge-js:device": channel("bge-js:device"),
  "bge-js:canary": channel("bge-js:canary"),
  "bge-js:truncate": channel("bge-js:truncate"),
  "bge-js:keep": channel("bge-js:keep"),
  "bge-js:download": channel("bge-js:download"),
} as const satisfies Record<keyof BgeEvents, unknown>;

/**
 * Subscribes to a bge-js channel, with typed events, and returns a function that unsubscribes. Unlike with
 * `diagnostics_channel.subscribe`, a listener that throws or returns a rejecting promise does not end the process: it is a process
 * warning (code `BGE_CALLBACK`), once per listener.
 *
 * @throws BgeError `INVALID_OPTION` for a name that no channel has
 * @example
 * const stop = onEvent("bge-js:call", ({ method, durationMs }) => console.log(method, durationMs));
 */
export function onEvent<Name extends keyof BgeEvents>(name: Name, listener: (event: BgeEvents[Name]) => void) {
  if (typeof name !== "string" || !Object.hasOwn(CHANNELS, name)) {
    throw invalid("name", `must be one of ${Object.keys(CHANNELS).join(", ")}, not ${shown(name)}`);
  }
  if (typeof listener !== "function") throw invalid("listener", `must be a function, not ${shown(listener)}`);
  const tell = listenerOf(`A listener of ${name}`, listener)!;
  const receive = (event: unknown) => {
    try {
      // Each channel only carries its own event type.
      tell(event as BgeEvents[Name]);
    } catch (error) {
      announce(`A listener of ${name}`, listener, error);
    }
  };
  CHANNELS[name].subscribe(receive);
  return (): void => void CHANNELS[name].unsubscribe(receive);
}

/** True if any of these channels has a listener. */
export function isObserved(...names: readonly (keyof BgeEvents)[]): boolean {
  return names.some((name) => CHANNELS[name].hasSubscribers);
}

/** Publishes an event, created only if someone is listening. */
export function publish<Name extends keyof BgeEvents>(name: Name, event: () => BgeEvents[Name]): void {
  if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish(event());
}

/** Measures time for the events. */
export interface Stopwatch {
  readonly startedAt: number;
  read(): { readonly startedAt: number; readonly durationMs: number };
}

export function startStopwatch(): Stopwatch {
  const begun = monotonic();
  const startedAt = timeOrigin + begun;
  return { startedAt, read: () => ({ startedAt, durationMs: monotonic() - begun }) };
}

export function outcomeOf(error: unknown, signal?: AbortSignal): Outcome {
  if (error instanceof BgeError) return error.code;
  return signal?.aborted ? "aborted" : "failed";
}
