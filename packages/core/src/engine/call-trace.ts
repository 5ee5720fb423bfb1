import {
  isObserved,
  type Method,
  type Outcome,
  outcomeOf,
  publish,
  type RunEvent,
  startStopwatch,
} from "../api/events.js";
import type { OpenSource, ServedSource } from "../api/model.js";
import type { Result, SentWork, Timing, Work } from "../protocol.js";
import { inputsOf } from "../protocol.js";
import type { SharedRun } from "./joint-work.js";

/** The model facts that every event of a call carries. */
export interface TracedModel extends Pick<OpenSource | ServedSource, "dtype" | "device"> {
  readonly model: string;
}

/** Observes a call while there are subscribers. */
export interface CallTrace {
  /** Adds to the number of inputs. */
  add(inputs: number): void;
  /** Called when a piece of work is queued. */
  queue(work: Work): WorkTrace;
  /** Called when the call has ended, with the error if it failed. Publishes once. */
  end(error?: { readonly thrown: unknown; readonly signal: AbortSignal | undefined }): void;
}

export interface WorkTrace {
  /** The same work, with a request for timings. */
  readonly work: SentWork;
  /** Called when a worker takes the work, and again if it is retried after a lost worker. */
  begin(): void;
  /** `timing` is this call's part of a run that calls shared. */
  done(result: Result<Work>, timing: Timing | undefined, shared?: SharedRun): void;
  failed(error: unknown): void;
}

const NO_TIME: Timing = { tokenizeMs: 0, runMs: 0, postprocessMs: 0 };

/** Work that runs the model on tokens. */
const RUNS: readonly Work["type"][] = ["run", "encode-and-run", "prompt"];

let calls = 0;

/** Traces a call if there are subscribers. Otherwise does nothing: no clock is read. */
export function traceCall(model: TracedModel, method: Method, inputs: number): CallTrace | undefined {
  if (!isObserved("bge-js:call", "bge-js:call-start", "bge-js:run")) return undefined;
  const call = ++calls;
  const watch = startStopwatch();
  const sum = { inputs, tokens: 0, truncated: 0, runs: 0, queueMs: 0, tokenizeMs: 0, runMs: 0, postprocessMs: 0 };
  let ended = false;
  const about = { call, ...model };
  publish("bge-js:call-start", () => ({ ...about, method, startedAt: watch.startedAt }));

  function queue(work: Work): WorkTrace {
    const watch = startStopwatch();
    let queueMs: number | undefined;
    const tell = (outcome: Outcome, tokens: number, timing: Timing, shared?: SharedRun) => {
      // No worker ever took this work, so there was no run.
      if (queueMs === undefined) return;
      publish("bge-js:run", () => ({
        ...about,
        work: work.type,
        outcome,
        inputs: inputsOf(work),
        tokens,
        paddedTokens: paddingOf(work, shared?.longest),
        ...batchOf(work, tokens, shared),
        queueMs: queueMs!,
        ...timing,
        ...watch.read(),
      }));
    };
    return {
      work: { ...work, timed: true },
      begin() {
        queueMs = watch.read().durationMs;
        sum.queueMs = Math.max(sum.queueMs, queueMs);
      },
      done(result, timing = NO_TIME, shared) {
        const tokens = tokensIn(work, result);
        if (work.type === "image" || (tokens > 0 && RUNS.includes(work.type))) {
          sum.runs++;
          sum.tokens += tokens;
        }
        sum.truncated += cutIn(work, result);
        sum.tokenizeMs += timing.tokenizeMs;
        sum.runMs += timing.runMs;
        sum.postprocessMs += timing.postprocessMs;
        tell("ok", tokens, timing, shared);
      },
      failed: (error) => tell(outcomeOf(error), tokensIn(work), NO_TIME),
    };
  }

  return {
    add(inputs) {
      sum.inputs += inputs;
    },
    queue,
    end(error) {
      if (ended) return;
      ended = true;
      const outcome = error === undefined ? "ok" : outcomeOf(error.thrown, error.signal);
      publish("bge-js:call", () => ({ ...about, method, outcome, ...sum, ...watch.read() }));
    },
  };
}

/** Tokens in a piece of work: those that were read, or all of them if nothing was run. */
function tokensIn(work: Work, result?: Result<Work>): number {
  if (work.type === "run") return work.rows.ids.length;
  if (work.type === "decode") return work.ids.length;
  // A picture has none.
  if (result === undefined || !("totals" in result || "kept" in result)) return 0;
  if ("kept" in result) return result.kept;
  return isCount(work) ? result.totals.reduce((sum, tokens) => sum + tokens, 0) : result.rows.ids.length;
}

function paddingOf(work: Work, longest?: number): number {
  if (work.type !== "run") return 0;
  const { ids, lengths } = work.rows;
  return lengths.length * (longest ?? Math.max(...lengths)) - ids.length;
}

/** What went through the graph, told by one of the calls that shared it. */
function batchOf(
  work: Work,
  tokens: number,
  shared: SharedRun | undefined,
): Pick<RunEvent, "batchInputs" | "batchTokens"> {
  if (work.type !== "run" && work.type !== "encode-and-run") return {};
  if (shared === undefined) return { batchInputs: inputsOf(work), batchTokens: tokens };
  return shared.leads ? { batchInputs: shared.inputs, batchTokens: shared.tokens } : {};
}

/** The number of inputs that were truncated. */
function cutIn(work: Work, result: Result<Work>): number {
  // What is read in windows is counted when the text is divided.
  if ("encoding" in work && "inWindows" in work.encoding) return 0;
  if ("kept" in result) return result.total > result.kept ? 1 : 0;
  if (!("totals" in result) || isCount(work)) return 0;
  const { rows, totals } = result;
  return rows.lengths.reduce((count, length, i) => count + (totals[i]! > length ? 1 : 0), 0);
}

/** True for a token count, which truncates nothing and returns no rows. */
function isCount(work: Work): boolean {
  return work.type === "encode" && work.encoding.form === "count";
}
