import { BgeError } from "../api/errors.js";
import type { Result, SentWork, Timing, Work } from "../protocol.js";
import { inputsOf, tokensOf } from "../protocol.js";
import type { CallTrace } from "./call-trace.js";
import type { FairQueue, Lane } from "./queue.js";

export interface CallSettings {
  /** Goes before calls that are not (queries). */
  readonly urgent?: boolean | undefined;
  /** The call is refused while at least so many tokens wait before it. */
  readonly maxQueuedTokens?: number | undefined;
  /** Work whose worker is lost is done again, once. */
  readonly retryLost?: boolean | undefined;
  /** Follows what becomes of its work. */
  readonly trace?: CallTrace | undefined;
  /** Called once, as it closes. */
  readonly onClose?: (call: EngineCall) => void;
}

/** One call's access to the engine: what it sends is done in order among other callers' work, until it closes. */
export interface EngineCall {
  /**
   * With `retryLost`, one input whose worker is lost is given to a second one, unless `again` is false. A batch is not: whoever
   * sent it can send its inputs one by one, so that only the one at fault is lost once more.
   */
  run<W extends Work>(work: W, again?: boolean): Promise<Result<W>>;
  readonly retryLost: boolean;
  /** Has it been closed, or refused? */
  ended(): boolean;
  /** Drops what has not begun, and rejects that, what is running, and all that comes later. */
  close(error?: BgeError): void;
}

export interface Job {
  readonly work: SentWork;
  readonly tokens: number;
  readonly lane: Lane<Job>;
  /** A worker takes it. */
  begin(): void;
  resolve(result: Result<Work>, timing?: Timing): void;
  reject(error: BgeError): void;
  /** Takes notice that a worker has died over it; true where it wants another. */
  lost(): boolean;
}

/** Tokens that may wait before a call, by default: minutes of work, and about four megabytes of text. */
export const MAX_QUEUED_TOKENS = 1 << 20;

/** A call over a queue; `dispatch` looks for work after every change. */
export function createCall(
  queue: FairQueue<Job>,
  dispatch: () => void,
  { urgent = false, maxQueuedTokens = MAX_QUEUED_TOKENS, retryLost = false, trace, onClose }: CallSettings,
): EngineCall {
  const lane: Lane<Job> = { urgent, items: [] };
  const waiting = new Set<(error: BgeError) => void>();
  let admitted = false;
  let end: BgeError | undefined;

  /** Asked once, of a call's first work: a call that has been let in is carried through. */
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
    run: <W extends Work>(work: W, again = true) =>
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
          begin: () => seen?.begin(),
          resolve(result, timing) {
            waiting.delete(reject);
            seen?.done(result, timing);
            // The worker answers each kind of work with its own kind of result.
            resolve(result as Result<W>);
          },
          reject(error) {
            waiting.delete(reject);
            seen?.failed(error);
            reject(lost < 2 ? error : lostAgain(error));
          },
          lost: () => ++lost < most && end === undefined,
        });
        dispatch();
      }),
    retryLost,
    ended: () => end !== undefined,
    close,
  };
  return call;
}

/** The answer to an input that may well be what kills workers. */
function lostAgain(error: BgeError): BgeError {
  return new BgeError(
    "WORKER_LOST",
    `Two workers have ended over this input, which is not tried again. ${error.message}`,
    {
      cause: error.cause,
    },
  );
}

function overloaded(tokens: number, most: number): BgeError {
  return new BgeError(
    "OVERLOADED",
    `${tokens} tokens wait already; maxQueuedTokens lets no call in from ${most} on. Nothing of this call was run. Wait for ` +
      "earlier calls, pass many texts in one call (or embedStream), or raise maxQueuedTokens.",
  );
}
