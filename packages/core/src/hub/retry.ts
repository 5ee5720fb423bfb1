import type { IncomingHttpHeaders } from "node:http";
import { parseDate, sleep, wallClock } from "../clock.js";
import { HttpFailure } from "./http-failure.js";

/** How often and how patiently a request is made again. */
export interface Patience {
  /** Failures in a row, without a byte gained between them, that end it. */
  readonly failures: number;
  /** Failures in all that end it, whatever was gained. */
  readonly failuresInAll: number;
  /** The first pause; each further one is twice as long, of which half is chance. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A server that asks for a longer pause than this is not waited for. */
  readonly longestRetryAfterMs: number;
  /** The longest silence of a server. */
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

/** Runs `body` until it is done, it fails for good, or patience ends. `gained` tells whether the last run brought it further. */
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

/** Exponential, half of it by chance, so that many clients do not come back at once. */
export function pauseMs(failures: number, { firstPauseMs, longestPauseMs }: Patience): number {
  const most = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
  return most / 2 + (most / 2) * Math.random();
}

/** What a server asks for: `Retry-After` in seconds or as a date, or the hub's `RateLimit: "api";r=0;t=55`. */
export function retryAfterMs(headers: IncomingHttpHeaders, now = wallClock()): number | undefined {
  const asked = headers["retry-after"]?.trim();
  if (asked !== undefined && /^\d+$/.test(asked)) return Number(asked) * 1000;
  const date = asked === undefined ? Number.NaN : parseDate(asked);
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
