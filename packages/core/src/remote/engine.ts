import { BgeError } from "../api/errors.js";
import { clearTimeout, monotonic, setTimeout, turn } from "../clock.js";
import { createCall, type EngineCall, type Job } from "../engine/call.js";
import type { TracedModel } from "../engine/call-trace.js";
import { createQueue } from "../engine/queue.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import { HttpFailure } from "../hub/http-failure.js";
import { PATIENCE } from "../hub/retry.js";
import type { ModelInfo } from "../protocol.js";
import { tokensOf } from "../protocol.js";
import { type Batch, type BatchLimits, takeBatch, withoutEnded } from "./batches.js";
import type { Dialect } from "./dialect.js";
import { isTooLong, isUnreachable, mayBeOneText, type Refusal, userError } from "./failure.js";
import type { Client } from "./http.js";
import { lengthInMessage, sortByLength } from "./overlong.js";
import { computeBatch, unsupported } from "./requests.js";
import type { Server, Servers } from "./servers.js";

export interface RemoteEngineSettings {
  readonly about: TracedModel;
  readonly info: ModelInfo;
  readonly client: Client;
  readonly dialect: Dialect;
  readonly servers: Servers;
  readonly limits: BatchLimits;
  readonly maxTokens: number;
  /** The width of the model's vectors; undefined for a reranker. */
  readonly width: number | undefined;
  /** False if a text over the limit is an error. */
  readonly mayCut: boolean;
  /** Told of all texts, where the server does not say which it cuts. */
  readonly mayHaveCut: ((texts: readonly string[]) => void) | undefined;
  readonly attempts: number;
  readonly maxQueuedTokens: number | undefined;
  /** Resolves if a server that failed is well again and still has the same model. */
  readonly check: (address: string, signal: AbortSignal) => Promise<void>;
}

/** Requests in flight: the batch, and how it is given up. */
interface Flight {
  readonly batch: Batch;
  readonly controller: AbortController;
}

/**
 * Creates an engine whose workers are servers. Calls, queue, fairness and back-pressure are those of the engine on this machine; what
 * many callers queue in one turn of the event loop shares requests.
 */
export function createRemoteEngine(settings: RemoteEngineSettings): SharedEngine {
  const { about, info, client, dialect, servers, limits, maxTokens, width, mayCut, attempts } = settings;
  const queue = createQueue<Job>(({ tokens }) => tokens);
  /** Batches to be sent again, before anything else. */
  let again: Batch[] = [];
  const flights = new Set<Flight>();
  const calls = new Set<EngineCall>();
  const ending = new AbortController();
  /** The last failure that asked for a longer pause than a call should wait. */
  let longPause: HttpFailure | undefined;
  let soon = false;
  let timer: NodeJS.Timeout | undefined;

  /** Waits for a turn, so that what is queued together is sent together. */
  function dispatch(): void {
    if (soon) return;
    soon = true;
    void turn().then(() => {
      soon = false;
      sendAll();
    });
  }

  function sendAll(): void {
    again = again.map(withoutEnded).filter(({ jobs }) => jobs.length > 0);
    for (const flight of flights) if (withoutEnded(flight.batch).jobs.length === 0) flight.controller.abort();
    if (ending.signal.aborted) return;
    for (;;) {
      if (again.length === 0 && queue.size === 0) {
        stopWaiting();
        return;
      }
      const now = monotonic();
      const server = servers.free(now);
      if (server === undefined) {
        waitForServers(now);
        return;
      }
      const batch = again.shift() ?? takeBatch(queue, limits);
      if (batch === undefined) return;
      void send(batch, server);
    }
  }

  async function send(batch: Batch, server: Server): Promise<void> {
    const flight = { batch, controller: new AbortController() };
    flights.add(flight);
    server.outstanding++;
    batch.attempts++;
    if (batch.attempts === 1) for (const job of batch.jobs) job.begin();
    try {
      await compute(batch, server, flight.controller.signal);
      servers.succeeded(server);
    } catch (failure) {
      if (!flight.controller.signal.aborted) handle(failure, batch, server);
    } finally {
      server.outstanding--;
      flights.delete(flight);
      sendAll();
    }
  }

  async function compute(batch: Batch, server: Server, signal: AbortSignal): Promise<void> {
    const { jobs, cut } = batch;
    const { work } = jobs[0]!;
    if (work.type === "encode") {
      const counts = await countTokens(server, work.texts, signal);
      const none = new Int32Array(0);
      jobs[0]!.resolve({ rows: { ids: none, lengths: none, seconds: none }, totals: Int32Array.from(counts) });
      return;
    }
    if (work.type !== "encode-and-run") throw unsupported(dialect, "way from token ids to text");
    // A batch has one kind of work.
    const works = jobs.map((job) => job.work as typeof work);
    const sent = dialect.refusesEmpty && isText(work) ? withoutEmpty(jobs, works) : { jobs, works };
    if (sent.jobs.length === 0) return;
    settings.mayHaveCut?.(sent.works.map(({ text }) => text));
    const numbers = await computeBatch(client, dialect, server.address, sent.works, { cut, width, signal });
    for (const [i, job] of sent.jobs.entries()) {
      const { data, faulty, rows } = numbers[i]!;
      // Known where each token has its own numbers, and else an estimate.
      const tokens = rows > 1 ? rows : tokensOf(job.work);
      const lengths = cut ? { kept: maxTokens, total: lengthOf.get(job)! } : { kept: tokens, total: tokens };
      job.resolve({ data, faulty, ...lengths });
    }
  }

  /** The lengths of texts that a server may cut. */
  const lengthOf = new WeakMap<Job, number>();

  async function countTokens(server: Server, texts: readonly string[], signal: AbortSignal): Promise<number[]> {
    const { count } = dialect;
    if (count === undefined) throw unsupported(dialect, "token counts");
    const counts: number[] = [];
    for (let from = 0; from < texts.length; from += limits.texts) {
      const part = texts.slice(from, from + limits.texts);
      const { path, body } = count.request(part);
      counts.push(...count.read((await client.send(server.address, path, body, signal)).json, part.length));
    }
    return counts;
  }

  function handle(failure: unknown, batch: Batch, server: Server): void {
    if (failure instanceof HttpFailure && (failure.retriable || othersMayDo(failure, server))) {
      noteFailed(server, failure);
      if (isPatient(monotonic()) && batch.attempts < attempts) {
        again.unshift(batch);
        return;
      }
    }
    if (isTooLong(failure) && !batch.cut) handleTooLong(failure, batch, server);
    else if (batch.jobs.length > 1 && mayBeOneText(failure)) again.unshift(...halves(batch));
    else for (const job of batch.jobs) job.reject(userError(failure));
  }

  function noteFailed(server: Server, failure: HttpFailure): void {
    servers.failed(server, failure);
    if ((failure.retryAfterMs ?? 0) > PATIENCE.longestRetryAfterMs) longPause = failure;
  }

  /** A server whose name or certificate is gone stays away, and is no loss to its work while others are well. */
  function othersMayDo(failure: HttpFailure, server: Server): boolean {
    return isUnreachable(failure) && servers.all.some((one) => one !== server && !one.suspect);
  }

  /** False if every server asks for a longer pause than a call should wait. */
  function isPatient(now: number): boolean {
    return servers.rest(now) <= PATIENCE.longestRetryAfterMs;
  }

  /** Finds the texts that are too long, to cut or to refuse them. */
  function handleTooLong(failure: Refusal, batch: Batch, server: Server): void {
    const { jobs } = batch;
    const [first] = jobs as [Job];
    const mayBeCut = mayCut && dialect.overlong === "as-asked";
    if (jobs.length === 1) {
      const length = mayBeCut ? lengthInMessage(failure, maxTokens) : undefined;
      if (length === undefined) first.reject(userError(failure));
      else {
        lengthOf.set(first, length);
        again.unshift({ jobs, cut: true, attempts: 0 });
      }
    } else if (mayBeCut && dialect.count !== undefined && isText(first.work)) {
      void cutLong(batch, server);
    } else again.unshift(...halves(batch));
  }

  /** Sends the texts over the limit again, to be cut, and the others as they are. */
  async function cutLong(batch: Batch, server: Server): Promise<void> {
    const { jobs } = batch;
    const count = (texts: readonly string[]) => countTokens(server, texts, ending.signal);
    try {
      const { short, long } = await sortByLength(jobs, maxTokens, count, lengthOf);
      // A limit that counts otherwise: then one text at a time tells.
      if (long.length === 0) again.unshift(...halves(batch));
      else again.unshift({ jobs: long, cut: true, attempts: 0 }, { jobs: short, cut: false, attempts: 0 });
    } catch (error) {
      for (const job of jobs) job.reject(userError(error));
    }
    sendAll();
  }

  /** Waits until a server may be used again, and checks those that had failed. */
  function waitForServers(now: number): void {
    if (!isPatient(now)) {
      rejectAll(userError(longPause));
      return;
    }
    for (const server of servers.due(now)) void check(server);
    const ms = servers.wait(now);
    if (timer !== undefined || ms === undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      sendAll();
    }, Math.min(ms, PATIENCE.longestRetryAfterMs) + 1);
  }

  function stopWaiting(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  async function check(server: Server): Promise<void> {
    server.checking = true;
    try {
      await settings.check(server.address, ending.signal);
      servers.succeeded(server);
    } catch (failure) {
      if (ending.signal.aborted) return;
      noteFailed(server, failure instanceof HttpFailure ? failure : new HttpFailure(String(failure)));
      // Every later try would wait just as long for nothing.
      if (servers.lost(attempts)) rejectAll(userError(failure));
    } finally {
      server.checking = false;
      sendAll();
    }
  }

  function rejectAll(error: BgeError): void {
    for (const { jobs } of again.splice(0)) for (const job of jobs) job.reject(error);
    for (let job = queue.next(); job !== undefined; job = queue.next()) job.reject(error);
  }

  const ended = () => new BgeError("DISPOSED", "The model was disposed. Load it again to continue.");

  return {
    about,
    info,
    open(callSettings) {
      if (ending.signal.aborted) throw ended();
      const call = createCall(queue, dispatch, {
        ...(settings.maxQueuedTokens === undefined ? {} : { maxQueuedTokens: settings.maxQueuedTokens }),
        ...callSettings,
        onClose(closed) {
          calls.delete(closed);
          // Requests that nobody waits for are given up.
          dispatch();
        },
      });
      calls.add(call);
      return call;
    },
    async dispose() {
      if (ending.signal.aborted) return;
      for (const call of calls) call.close(ended());
      ending.abort(ended());
      stopWaiting();
      for (const { controller } of flights) controller.abort();
      client.close();
    },
  };
}

function halves({ jobs, cut }: Batch): Batch[] {
  const middle = Math.ceil(jobs.length / 2);
  return [jobs.slice(0, middle), jobs.slice(middle)].map((part) => ({ jobs: part, cut, attempts: 0 }));
}

/** True for a text alone, whose length the server can tell. */
function isText(work: Job["work"]): boolean {
  return work.type === "encode-and-run" && work.heads[0]?.type !== "logit";
}

/** Refuses the empty texts of a batch, which would fail all others. */
function withoutEmpty<W extends { readonly text: string }>(jobs: readonly Job[], works: readonly W[]) {
  const full = jobs.map((_, i) => works[i]!.text !== "");
  for (const [i, job] of jobs.entries()) {
    if (full[i]) continue;
    job.reject(new BgeError("INVALID_INPUT", "The text is empty, and servers of this kind refuse an empty text."));
  }
  return { jobs: jobs.filter((_, i) => full[i]), works: works.filter((_, i) => full[i]) };
}
