import { describe, expect, it } from "vitest";
import { runRounds, series } from "./rounds.mjs";

const product = (key, extra = {}) => ({
  key,
  measurement: "ceiling",
  contender: { dtype: "fp32", threads: 1 },
  settings: { shapes: [[8, 8, 8]], seconds: 0 },
  ...extra,
});

describe("rounds", () => {
  it("take turns, and outlive a contender that cannot run", async () => {
    const skipped = [];
    const lines = [];
    const absent = { key: "absent", measurement: "start", contender: { library: "not-there" }, settings: {} };
    const jobs = [product("a"), absent, product("b", { rounds: 1 })];
    const results = await runRounds("part", jobs, {
      rounds: 2,
      skip: (what) => skipped.push(what),
      log: (line) => lines.push(line),
    });
    expect(lines.map((line) => line.split(/\s+/).slice(1, 3).join(" "))).toEqual([
      "1/2 a",
      "1/2 absent",
      "1/1 b",
      "2/2 a",
    ]);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]).toContain("not-there");
    const rates = series(results, "a", (result) => result["8 x 8 x 8"]);
    expect(rates).toHaveLength(2);
    for (const rate of rates) expect(rate).toBeGreaterThan(0);
    expect(series(results, "absent", ({ ms }) => ms).filter(Number.isFinite)).toEqual([]);
    expect(results.b).toHaveLength(1);
  });
});
