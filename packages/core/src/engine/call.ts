import { BgeError } from "../api/errors.js";
import type { Result, SentWork, Timing, Work } from "../protocol.js";
import { inputsOf, tokensOf } from "../protocol.js";
import type { CallTrace } from "./call-trace.js";
import { type SharedRun, type Sharing, sharingOf } from "./joint-work.js";
import type { FairQueue, Lane } from "./queue.js";

export interface CallSettings {
  /** Runs ahead of calls that are not urgent. Set for queries. */
  readonly urgent?: boolean | undefined;
  /** Rejects the call if at least this many tokens are queued ahead of it. */
  readonly maxQueuedTokens?: number | undefined;
  /** Retries work once if its worker is lost. */
  readonly retryLost?: boolean | undefined;
  /** Observes the call's work. */
  readonly trace?: CallTrace | undefined;
  /** Called once, as it closes. */
  readonly onClose?: (call: EngineCall) => void;
}

export interface RunOptions {
  /** False for work that the caller resubmits itself if its worker is lost. @default true */
  readonly again?: boolean;
  /**
   * Lets token rows run together with other calls' rows: how long the shortest must then be, as a share of the longest.
   * @default they run by themselves
   */
  readonly fill?: number;
  /** True for a picture that is all its caller asks for: while nothing else runs it gets additional threads. @default false */
  readonly single?: boolean;
}

/** One call's access to the engine. Its work runs in order, interleaved with other calls, until it is closed. */
export interface EngineCall {
  /**
   * With `retryLost`, a single input whose worker is lost is retried on another, unless `again` is false. A batch is
   * not: the caller can resubmit its inputs one by one, so that only the one at fault fails again.
   */
  run<W extends Work>(work: W, options?: RunOptions): Promise<Result<W>>;
  /** True while other work waits, so that this call's may be done together with it. */
  isCrowded(): boolean;
  readonly retryLost: boolean;
  /** True once the call was closed or rejected. */
  ended(): boolean;
  /** Drops queued work. Rejects it, running work and any later work. */
  close(error?: BgeError): void;
}

export interface Job {
  readonly work: SentWork;
  readonly tokens: number;
  readonly lane: Lane<Job>;
  /** How it may be done together with other jobs. Undefined for one that is done by itself. */
  sharing: Sharing | undefined;
  /** True if it is all its caller asks for. */
  readonly single: boolean;
  /** Called when a worker takes the job. */
  begin(): void;
  resolve(result: Result<Work>, timing?: Timing, shared?: SharedRun): void;
  reject(error: BgeError): void;
  /** Records that a worker died on this job. Returns true if the job should be retried. */
  lost(): boolean;
  /** True once its call has ended, so that nobody waits for the result. */
  ended(): boolean;
}

/** Default limit of tokens queued ahead of a call: minutes of work, and about 4 MB of text. */
export const MAX_QUEUED_TOKENS = 1 << 20;

/** Creates a call over a queue. `dispatch` is called after every change and looks for work. */
export function createCall(
  queue: FairQueue<Job>,
  dispatch: () => void,
  { urgent = false, maxQueuedTokens = MAX_QUEUED_TOKENS, retryLost = false, trace, onClose }: CallSettings,
): EngineCall {
  const lane: Lane<Job> = { urgent, items: [] };
  const waiting = new Set<(error: BgeError) => void>();
  let admitted = false;
  let end: BgeError | undefined;

  /** Called once, for a call's first work: an admitted call is always carried through. */
  function admit(): void {
    const tokens = queue.ahead(urgent);
    if (tokens >= maxQueuedTokens) close(overloaded(tokens, maxQueuedTokens));
    admitted = true;
  }

  function close(error = new BgeError("DISPOSED", "This call has ended.")): void {
    if (end !== undefined) return;
    end = error;
    queue.drop(lane);
    dispatch();
    for (const reject of waiting) reject(error);
    waiting.clear();
    onClose?.(call);
  }

  const call: EngineCall = {
    run: <W extends Work>(work: W, { again = true, fill, single = false }: RunOptions = {}) =>
      new Promise<Result<W>>((resolve, reject) => {
        if (!admitted) admit();
        if (end !== undefined) return reject(end);
        waiting.add(reject);
        let lost = 0;
        const most = retryLost && again && inputsOf(work) === 1 ? 2 : 1;
        const seen = trace?.queue(work);
        queue.push(lane, {
          work: seen?.work ?? work,
          tokens: tokensOf(work),
          lane,
          sharing: sharingOf(work, fill),
          single,
          begin: () => seen?.begin(),
          resolve(result, timing, shared) {
            waiting.delete(reject);
            seen?.done(result, timing, shared);
            // Each kind of work has its own kind of result.
            resolve(result as Result<W>);
          },
          reject(error) {
            waiting.delete(reject);
            seen?.failed(error);
            reject(lost < 2 ? error : lostAgain(error));
          },
          lost: () => ++lost < most && end === undefined,
          ended: () => end !== undefined,
        });
        dispatch();
      }),
    retryLost,
    isCrowded: () => queue.size > 0,
    ended: () => end !== undefined,
    close,
  };
  return call;
}

/** The error for an input that probably crashes workers. */
function lostAgain(error: BgeError): BgeError {
  return new BgeError(
    "WORKER_LOST",
    `Two workers died while running this input; it is not tried again. ${error.message}`,
    {
      cause: error.cause,
    },
  );
}

function overloaded(tokens: number, most: number): BgeError {
  return new BgeError(
    "OVERLOADED",
    `${tokens} tokens are already queued, and maxQueuedTokens is ${most}. Nothing in this call was run. Wait for earlier calls ` +
      "to finish, pass many texts in one call (or use embedStream), or raise maxQueuedTokens.",
  );
}
