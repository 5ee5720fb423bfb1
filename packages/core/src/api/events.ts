import { channel } from "node:diagnostics_channel";
import { monotonic, timeOrigin } from "../clock.js";
import { announce, listener as listenerOf } from "./callbacks.js";
import { BgeError, type BgeErrorCode } from "./errors.js";
import type { Device, Dtype, ModelSource } from "./model.js";
import type { InputType } from "./options.js";

/**
 * How something ended: well, by a `BgeError`, by the caller's own signal, or by what is no error of ours (a callback or a source
 * of the caller's that threw).
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

/** The model that an event is about: its id, as in `spec.id`. */
interface OfModel {
  readonly model: string;
  readonly dtype: Dtype;
  readonly device: Device;
}

/** When something began, in milliseconds since 1970, and how long it took. */
interface Timed {
  readonly startedAt: number;
  readonly durationMs: number;
}

/** A call begins; published on the caller's own stack, so that asynchronous context (a span) is the caller's. */
export interface CallStartEvent extends OfModel {
  /** Tells the calls of this process apart. */
  readonly call: number;
  readonly method: Method;
  readonly startedAt: number;
}

/** A call has ended. */
export interface CallEvent extends OfModel, Timed {
  readonly call: number;
  readonly method: Method;
  readonly outcome: Outcome;
  /** Texts (of a reranker: documents) that were passed, or drawn from a stream. */
  readonly inputs: number;
  /** Tokens that went through the model, padding not counted. */
  readonly tokens: number;
  /** Inputs that were cut, the query of a reranker among them. */
  readonly truncated: number;
  /** Runs of the graph. */
  readonly runs: number;
  /** The longest that a piece of this call's work waited for a worker and for processor threads. */
  readonly queueMs: number;
  /** Sums over the call's work in the workers, which may be done side by side. */
  readonly tokenizeMs: number;
  readonly runMs: number;
  readonly postprocessMs: number;
}

/** A worker has answered a piece of a call's work. What was dropped before it began has no event. */
export interface RunEvent extends OfModel, Timed {
  readonly call: number;
  /** `run`: a batch through the graph; `encode`: texts to tokens; `encode-and-run`: both for one text; `decode`: the way back. */
  readonly work: "encode" | "run" | "encode-and-run" | "decode";
  readonly outcome: Outcome;
  /** Rows of a batch, texts of an encoding. */
  readonly inputs: number;
  readonly tokens: number;
  /** Padding in the batch, on top of `tokens`. */
  readonly paddedTokens: number;
  /** Of `durationMs`: before a worker took it, then the worker's stages. What is left is the way there and back. */
  readonly queueMs: number;
  readonly tokenizeMs: number;
  readonly runMs: number;
  readonly postprocessMs: number;
}

/** A worker's life. `lost`: it ended by itself; `failed`: before the model was open; `ended`: it was told to. */
export interface WorkerEvent extends OfModel {
  readonly state: "started" | "ready" | "lost" | "failed" | "ended";
  readonly isolation: "thread" | "process";
  /** It stands for one that was lost. */
  readonly replacement: boolean;
  /** Milliseconds since it was started. */
  readonly ageMs: number;
  /** For `lost` and `failed`. */
  readonly reason?: string;
}

/** A model has been loaded, or could not be. */
export interface LoadEvent extends OfModel, Timed {
  readonly from: ModelSource["from"];
  readonly outcome: Outcome;
}

/** `device: "auto"` has chosen. */
export interface DeviceEvent {
  readonly model: string;
  readonly device: Device;
  /** Why the devices before it were passed over. */
  readonly reason?: string;
}

/** The canaries of a model were compared: texts whose fp32 vectors, or pairs whose fp32 logits, its folder carries. */
export interface CanaryEvent extends OfModel, Timed {
  readonly verdict: "pass" | "warn" | "refuse";
  /** How many texts or pairs. */
  readonly texts: number;
  /**
   * Cosine to the fp32 vector: the worst text's, and what the builder measured for that text, where the folder says. The logits of
   * all pairs are one vector.
   */
  readonly worst: number;
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

/** A file of a model has been downloaded, or could not be. */
export interface DownloadEvent extends Timed {
  readonly model: string;
  readonly commit: string;
  readonly file: string;
  /** Size of the file; what an earlier try had brought counts too. */
  readonly bytes: number;
  readonly outcome: Outcome;
}

/** What is published on each channel of `node:diagnostics_channel`. No event holds a text, a token, a vector or a score. */
export interface BgeEvents {
  readonly "bge-js:call-start": CallStartEvent;
  readonly "bge-js:call": CallEvent;
  readonly "bge-js:run": RunEvent;
  readonly "bge-js:worker": WorkerEvent;
  readonly "bge-js:load": LoadEvent;
  readonly "bge-js:device": DeviceEvent;
  readonly "bge-js:canary": CanaryEvent;
  readonly "bge-js:truncate": TruncateEvent;
  readonly "bge-js:download": DownloadEvent;
}

// Held here: Node forgets a channel that nobody holds.
const CHANNELS = {
  "bge-js:call-start": channel("bge-js:call-start"),
  "bge-js:call": channel("bge-js:call"),
  "bge-js:run": channel("bge-js:run"),
  "bge-js:worker": channel("bge-js:worker"),
  "bge-js:load": channel("bge-js:load"),
  "bge-js:device": channel("bge-js:device"),
  "bge-js:canary": channel("bge-js:canary"),
  "bge-js:truncate": channel("bge-js:truncate"),
  "bge-js:download": channel("bge-js:download"),
} as const satisfies Record<keyof BgeEvents, unknown>;

/**
 * Subscribes to a channel of bge-js, with its type; gives what takes that back. As `diagnostics_channel.subscribe`, but a listener
 * that throws, or gives a promise that rejects, is a process warning (code `BGE_CALLBACK`), one for each listener, and no end of the
 * process: what it listens to goes on.
 */
export function onEvent<Name extends keyof BgeEvents>(name: Name, listener: (event: BgeEvents[Name]) => void) {
  const tell = listenerOf(`A listener of ${name}`, listener)!;
  const receive = (event: unknown) => {
    try {
      // Each channel has events of its own kind alone.
      tell(event as BgeEvents[Name]);
    } catch (error) {
      announce(`A listener of ${name}`, listener, error);
    }
  };
  CHANNELS[name].subscribe(receive);
  return (): void => void CHANNELS[name].unsubscribe(receive);
}

/** Does anybody listen to one of these? */
export function isObserved(...names: readonly (keyof BgeEvents)[]): boolean {
  return names.some((name) => CHANNELS[name].hasSubscribers);
}

/** Publishes an event, which is made only if somebody listens. */
export function publish<Name extends keyof BgeEvents>(name: Name, event: () => BgeEvents[Name]): void {
  if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish(event());
}

/** Time since it was started, as events tell it. */
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
