import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ISOLATIONS } from "./workers.js";

const program = fileURLToPath(new URL("../tools/soak.mjs", import.meta.url));

/** The short form of `npm run soak`: too few calls for a slope of one percent, enough to see a leak of every call or round. */
test.each(ISOLATIONS)(
  "random calls, and rounds of load and dispose, leave nothing open (%s)",
  async (isolation) => {
    const flags = ["--calls", "800", "--rounds", "5", "--isolation", isolation, "--limit", "1000", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...flags]);
    const { calls, rounds, left } = JSON.parse(stdout);
    expect(left).toEqual({});
    expect([calls.calls, rounds.calls]).toEqual([800, 250]);
    // A tiny model needs 60 MB; a megabyte a call, or one left behind in each round, is far more than this.
    expect(calls.lastMB - calls.firstMB).toBeLessThan(150);
    expect(rounds.lastMB - rounds.firstMB).toBeLessThan(150);
  },
  240_000,
);
