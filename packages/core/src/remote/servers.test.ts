import fc from "fast-check";
import { expect, test } from "vitest";
import { HttpFailure } from "../hub/http-failure.js";
import { createServers } from "./servers.js";

const addresses = ["http://a", "http://b", "http://c"];
const failure = (status: number) => new HttpFailure("failed", { status, retryAfterMs: 5 });

test("whoever waits is woken: a server is free, in use, being checked, due, or there is a pause to wait for", () => {
  const change = fc.record({
    at: fc.nat(addresses.length - 1),
    what: fc.constantFrom("busy", "done", "well", 429, 500, "checking"),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), fc.nat(1000), (changes, offset) => {
      const servers = createServers(addresses, 2);
      for (const { at, what } of changes) {
        const server = servers.all[at]!;
        if (what === "busy") server.outstanding = 2;
        else if (what === "done") server.outstanding = 0;
        else if (what === "well") servers.succeeded(server);
        else if (what === "checking") server.checking = true;
        else servers.failed(server, failure(Number(what)));
      }
      // Before, at and after the end of any pause.
      const ends = servers.all.map(({ pausedUntil }) => pausedUntil);
      for (const now of [...ends, ...ends.map((end) => end - offset / 1e6), ...ends.map((end) => end + offset / 1e6)]) {
        const isWoken =
          servers.free(now) !== undefined ||
          servers.due(now).length > 0 ||
          servers.wait(now) !== undefined ||
          servers.all.some(({ outstanding, checking }) => outstanding > 0 || checking);
        expect(isWoken).toBe(true);
      }
    }),
  );
});

test("the one with the fewest requests is taken, and none that failed before its pause is over", () => {
  const servers = createServers(addresses, 3);
  const [a, b, c] = servers.all as [(typeof servers.all)[0], (typeof servers.all)[0], (typeof servers.all)[0]];
  [a.outstanding, b.outstanding, c.outstanding] = [2, 1, 3];
  expect(servers.free(0)).toBe(b);
  servers.failed(b, failure(429));
  expect(servers.free(b.pausedUntil - 1)).toBe(a);
  expect(servers.free(b.pausedUntil)).toBe(b);
  expect(servers.due(b.pausedUntil)).toEqual([]);
  servers.failed(b, failure(500));
  expect(servers.free(b.pausedUntil)).toBe(a);
  expect(servers.due(b.pausedUntil)).toEqual([b]);
  servers.succeeded(b);
  expect(servers.free(b.pausedUntil)).toBe(b);
});
