import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ISOLATIONS } from "./support/workers.js";

const program = fileURLToPath(new URL("../bench/probes/soak.mjs", import.meta.url));

/** The short form of `npm run soak`: too few calls for a slope of one percent, enough to see a leak of every call or round. */
test.each(ISOLATIONS)(
  "random calls, and rounds of load and dispose, leave nothing open (%s)",
  async (isolation) => {
    const flags = ["--calls", "800", "--rounds", "5", "--isolation", isolation, "--json"];
    // What is asserted is below: so few samples have no slope that means anything.
    const none = ["--limit", "1e9", "--rounds-limit", "1e9"];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...flags, ...none]);
    const { calls, rounds, left } = JSON.parse(stdout);
    expect(left).toEqual({});
    expect([calls.calls, rounds.calls]).toEqual([800, 250]);
    // A tiny model needs 60 MB; a megabyte a call, or one left behind in each round, is far more than this.
    expect(calls.lastMB - calls.firstMB).toBeLessThan(150);
    expect(rounds.lastMB - rounds.firstMB).toBeLessThan(150);
  },
  240_000,
);

test("what grows more than it may fails the soak", async () => {
  const flags = ["--calls", "40", "--rounds", "1", "--limit", "-100000", "--json"];
  await expect(promisify(execFile)(process.execPath, [program, ...flags])).rejects.toMatchObject({ code: 1 });
  const rounds = ["--calls", "0", "--rounds", "2", "--rounds-limit", "-1000", "--json"];
  await expect(promisify(execFile)(process.execPath, [program, ...rounds])).rejects.toMatchObject({ code: 1 });
});
