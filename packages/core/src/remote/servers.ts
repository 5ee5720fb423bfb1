import { monotonic } from "../clock.js";
import type { HttpFailure } from "../hub/http-failure.js";
import { PATIENCE, pauseMs } from "../hub/retry.js";

/** One address, as it is known to be. */
export interface Server {
  readonly address: string;
  /** Requests in flight. */
  outstanding: number;
  /** Failures in a row. */
  failures: number;
  /** Not used before. */
  pausedUntil: number;
  /** Must pass a health check before it is used again. */
  suspect: boolean;
  checking: boolean;
}

/** The servers of one model. `now` is one reading of the clock for all that is decided together: a pause that ends between two would be seen by neither. */
export interface Servers {
  readonly all: readonly Server[];
  /** Returns the healthy one with the fewest requests in flight, if any has room for another. */
  free(now: number): Server | undefined;
  succeeded(server: Server): void;
  /** Leaves a server alone for a while. One that is overloaded is well otherwise; any other failure makes it suspect. */
  failed(server: Server, failure: HttpFailure): void;
  /** Milliseconds until the next pause ends; undefined if no server is paused. */
  wait(now: number): number | undefined;
  /** Milliseconds until the first of all servers has no pause any more; 0 if one has none. */
  rest(now: number): number;
  /** The suspects whose pause is over. */
  due(now: number): Server[];
  /** True if none is in use and each failed at least as often in a row. */
  lost(failures: number): boolean;
}

export function createServers(addresses: readonly string[], concurrency: number): Servers {
  const all = addresses.map(
    (address): Server => ({ address, outstanding: 0, failures: 0, pausedUntil: 0, suspect: false, checking: false }),
  );
  const rested = ({ pausedUntil }: Server, now: number) => now >= pausedUntil;
  return {
    all,
    free(now) {
      const usable = all.filter((one) => !one.suspect && one.outstanding < concurrency && rested(one, now));
      return usable.reduce<Server | undefined>(
        (least, one) => (least === undefined || one.outstanding < least.outstanding ? one : least),
        undefined,
      );
    },
    succeeded(server) {
      server.failures = 0;
      server.suspect = false;
    },
    failed(server, { status, retryAfterMs }) {
      server.failures++;
      const pause = retryAfterMs ?? pauseMs(server.failures, PATIENCE);
      server.pausedUntil = Math.max(server.pausedUntil, monotonic() + pause);
      if (status !== 429 && status !== 503) server.suspect = true;
    },
    wait(now) {
      const paused = all.filter((one) => !rested(one, now)).map(({ pausedUntil }) => pausedUntil - now);
      return paused.length === 0 ? undefined : Math.min(...paused);
    },
    rest: (now) => Math.max(0, Math.min(...all.map(({ pausedUntil }) => pausedUntil - now))),
    due: (now) => all.filter((one) => one.suspect && !one.checking && rested(one, now)),
    lost: (failures) => all.every((one) => one.suspect && one.failures >= failures),
  };
}
