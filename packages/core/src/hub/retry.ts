import type { IncomingHttpHeaders } from "node:http";
import { parseDate, sleep, wallClock } from "../clock.js";
import { HttpFailure } from "./http-failure.js";

/** How often and how long a request is retried. */
export interface Patience {
  /** Maximum failures in a row without progress. */
  readonly failures: number;
  /** Maximum failures in total, with or without progress. */
  readonly failuresInAll: number;
  /** The first pause. Each later one is twice as long, and half of each is random. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** If a server asks for a longer pause than this, the request fails. */
  readonly longestRetryAfterMs: number;
  /** Timeout without data from a server. */
  readonly silenceMs: number;
}

export const PATIENCE: Patience = {
  failures: 5,
  failuresInAll: 50,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
  longestRetryAfterMs: 300_000,
  silenceMs: 30_000,
};

/** Runs `body` until it succeeds, fails for good, or runs out of patience. `gained` tells whether the last run made progress. */
export async function withRetries<T>(
  body: () => Promise<T>,
  patience: Patience,
  signal: AbortSignal | undefined,
  gained: () => boolean = () => false,
): Promise<T> {
  let failures = 0;
  for (let inAll = 1; ; inAll++) {
    signal?.throwIfAborted();
    try {
      return await body();
    } catch (error) {
      signal?.throwIfAborted();
      failures = gained() ? 1 : failures + 1;
      const last = failures >= patience.failures || inAll >= patience.failuresInAll;
      if (!(error instanceof HttpFailure) || !error.retriable || last) throw error;
      if ((error.retryAfterMs ?? 0) > patience.longestRetryAfterMs) throw error;
      await pause(error.retryAfterMs ?? pauseMs(failures, patience), signal);
    }
  }
}

/** Returns an exponential pause, half of it random, so that clients do not all retry at once. */
export function pauseMs(failures: number, { firstPauseMs, longestPauseMs }: Patience): number {
  const most = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
  return most / 2 + (most / 2) * Math.random();
}

/** Returns the pause a server asks for: `Retry-After` in seconds or as a date, or the hub's `RateLimit: "api";r=0;t=55`. */
export function retryAfterMs(headers: IncomingHttpHeaders, now = wallClock()): number | undefined {
  const asked = headers["retry-after"]?.trim();
  if (asked !== undefined && /^\d+(\.\d+)?$/.test(asked)) return Number(asked) * 1000;
  // A date begins with its day: of "-5", the parser would make one of the past.
  const date = asked !== undefined && /^[A-Z]/i.test(asked) ? parseDate(asked) : Number.NaN;
  if (!Number.isNaN(date)) return Math.max(0, date - now);
  const [, seconds] = /;\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)/.exec(String(headers["ratelimit"] ?? "")) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    signal?.throwIfAborted();
  }
}
