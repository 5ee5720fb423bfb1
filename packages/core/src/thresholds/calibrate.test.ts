import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CalibrateOptions, ScoredPair, ThresholdCriterion } from "../api/thresholds.js";
import { monotonic, turn } from "../clock.js";
import { calibrate } from "./calibrate.js";

/** Pairs with scores from two bells, the relevant ones' `apart` standard deviations higher; the same ones for the same seed. */
function drawnPairs(relevant: number, others: number, apart: number, seed: number): ScoredPair[] {
  let state = seed >>> 0;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(chance())) * Math.cos(2 * Math.PI * chance());
  const pairs = (count: number, is: boolean, mean: number) =>
    Array.from({ length: count }, () => ({ score: 0.7 + 0.05 * (normal() + mean), relevant: is }));
  return [...pairs(relevant, true, apart), ...pairs(others, false, 0)];
}

/** What a threshold does, pair by pair. */
function countedAt(pairs: readonly ScoredPair[], threshold: number) {
  const count = (relevant: boolean, accepted: boolean) =>
    pairs.filter((pair) => pair.relevant === relevant && pair.score >= threshold === accepted).length;
  const [truePositives, falsePositives] = [count(true, true), count(false, true)];
  const [falseNegatives, trueNegatives] = [count(true, false), count(false, false)];
  const precision = truePositives / (truePositives + falsePositives);
  const recall = truePositives / (truePositives + falseNegatives);
  const f1 = (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);
  return { threshold, precision, recall, f1, truePositives, falsePositives, falseNegatives, trueNegatives };
}

/** Few distinct scores, so that many are the same. */
const fewScores = fc
  .array(fc.record({ score: fc.integer({ min: -5, max: 5 }).map((i) => i / 8), relevant: fc.boolean() }), {
    maxLength: 24,
  })
  .map((pairs) => [...pairs, ...[0, 1, 2, 3].map((i) => ({ score: [0.25, -0.25, 0.125, 0.5][i]!, relevant: i < 2 }))]);

const anyCriterion = fc.oneof(
  fc.constant("f1" as const),
  fc.double({ min: 0.05, max: 1, noNaN: true }).map((precision) => ({ precision })),
  fc.double({ min: 0.05, max: 1, noNaN: true }).map((recall) => ({ recall })),
);

describe("calibrate", () => {
  test("the curve has what each threshold does, and the best by the criterion is chosen", async () => {
    await fc.assert(
      fc.asyncProperty(fewScores, anyCriterion, async (pairs, criterion: ThresholdCriterion) => {
        const options = { criterion };
        const scores = [...new Set(pairs.map(({ score }) => score))];
        const points = scores.map((score) => countedAt(pairs, score));
        const reach = points.filter((point) =>
          criterion === "f1"
            ? true
            : "precision" in criterion
              ? point.precision >= criterion.precision
              : point.recall >= criterion.recall,
        );
        if (reach.length === 0) {
          const highest = Math.max(...points.map(({ precision }) => precision)).toFixed(3);
          await expect(calibrate(pairs, options)).rejects.toMatchObject({
            code: "INVALID_OPTION",
            parameter: "criterion",
          });
          await expect(calibrate(pairs, options)).rejects.toThrow(highest);
          return;
        }
        const { curve, thresholdInterval, heldOut, auc, overlap, cautions, ...point } = await calibrate(pairs, options);
        expect(curve).toHaveLength(scores.length);
        for (const each of curve) expect(each).toEqual(countedAt(pairs, each.threshold));
        expect(curve).toContainEqual(point);
        const measure = criterion === "f1" ? "f1" : "precision" in criterion ? "recall" : "precision";
        expect(point[measure]).toBeCloseTo(Math.max(...reach.map((each) => each[measure])), 12);
        if (criterion !== "f1") {
          const [[name, asked]] = Object.entries(criterion) as [["precision" | "recall", number]];
          expect(point[name]).toBeGreaterThanOrEqual(asked);
        }
        const wins = pairs
          .filter(({ relevant }) => relevant)
          .flatMap((one) =>
            pairs.filter(({ relevant }) => !relevant).map((other) => (Math.sign(one.score - other.score) + 1) / 2),
          );
        expect(auc.mean).toBeCloseTo(wins.reduce((sum, win) => sum + win, 0) / wins.length, 12);
        for (const { low, high } of [thresholdInterval, auc, ...Object.values(heldOut)]) {
          expect(Number.isFinite(low) && low <= high).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a threshold stands halfway between what it accepts and what it does not", async () => {
    const pairs = [0.9, 0.8, 0.6, 0.5].map((score, i) => ({ score, relevant: i < 2 }));
    const calibration = await calibrate(pairs);
    expect(calibration).toMatchObject({ precision: 1, recall: 1, f1: 1, overlap: 0, auc: { mean: 1 } });
    expect(calibration.threshold).toBeCloseTo(0.7, 12);
    expect(calibration.curve.at(-1)!.threshold).toBe(0.5);
    // Neighbouring numbers have nothing between them.
    const next = 0.5 + Number.EPSILON / 2;
    const near = await calibrate([next, next, 0.5, 0.5].map((score, i) => ({ score, relevant: i < 2 })));
    expect(near).toMatchObject({ threshold: next, f1: 1 });
  });

  test("the order of the pairs changes nothing, nor does a second call", async () => {
    const pairs = drawnPairs(60, 90, 1.5, 1);
    const first = await calibrate(pairs);
    expect(await calibrate(pairs)).toEqual(first);
    const { threshold, curve } = await calibrate(pairs.toReversed());
    expect([threshold, curve]).toEqual([first.threshold, first.curve]);
  });

  test("the held-out intervals hold what new pairs show, and the pairs' own figures are better than those", async () => {
    // Of what the threshold does to a great many pairs of the same kind.
    const world = drawnPairs(20_000, 40_000, 1.5, 999);
    const inside = { precision: 0, recall: 0, f1: 0 };
    let optimism = 0;
    const runs = 40;
    for (let seed = 1; seed <= runs; seed++) {
      const { threshold, f1, heldOut } = await calibrate(drawnPairs(40, 80, 1.5, 7919 * seed));
      const truth = countedAt(world, threshold);
      for (const name of ["precision", "recall", "f1"] as const) {
        if (truth[name] >= heldOut[name].low && truth[name] <= heldOut[name].high) inside[name]++;
      }
      optimism += (f1 - truth.f1) / runs;
      expect(Math.abs(heldOut.f1.mean - truth.f1)).toBeLessThan(0.2);
    }
    for (const count of Object.values(inside)) expect(count / runs).toBeGreaterThanOrEqual(0.9);
    expect(optimism).toBeGreaterThan(0);
  }, 60_000);

  test("few pairs that a threshold separates promise nothing", async () => {
    const { heldOut, auc } = await calibrate(
      [0.9, 0.8, 0.7, 0.4, 0.3, 0.2].map((score, i) => ({ score, relevant: i < 3 })),
    );
    // Wilson's interval of three out of three.
    for (const { mean, low, high } of [heldOut.precision, heldOut.recall, heldOut.f1, auc]) {
      expect(low).toBeLessThanOrEqual(0.4386);
      expect(high).toBe(1);
      expect(mean).toBeLessThanOrEqual(1);
    }
  });

  test("more pairs give narrower intervals", async () => {
    const width = async (count: number) => {
      const { thresholdInterval, heldOut } = await calibrate(drawnPairs(count, count, 1.5, 5));
      return [thresholdInterval.high - thresholdInterval.low, heldOut.f1.high - heldOut.f1.low];
    };
    const [few, many] = [await width(20), await width(500)];
    for (const i of [0, 1]) expect(many[i]).toBeLessThan(few[i]!);
  });

  test("says why not to trust it", async () => {
    const codes = async (pairs: ScoredPair[], options?: CalibrateOptions) =>
      (await calibrate(pairs, options)).cautions.map(({ code }) => code);
    expect(await codes(drawnPairs(60, 60, 3, 1))).toEqual([]);
    expect(await codes(drawnPairs(49, 60, 3, 1))).toEqual(["few-pairs"]);
    expect(await codes(drawnPairs(60, 60, 0, 1))).toEqual(["indistinct"]);
    expect(await codes(drawnPairs(50, 50, 1, 3), { criterion: { precision: 0.97 } })).toEqual(["criterion-missed"]);
    const [useless] = (await calibrate(drawnPairs(300, 300, 0.4, 2))).cautions;
    expect(useless).toMatchObject({
      code: "indistinct",
      message: expect.stringContaining("to accept all pairs, for an F1 of 0.667"),
    });
    const [few] = (await calibrate(drawnPairs(3, 60, 3, 1))).cautions;
    expect(few!.message).toContain("Only 3 relevant:");
  });

  test("pairs of one kind, or nearly so, are an error", async () => {
    const of = (relevant: number, others: number) => calibrate(drawnPairs(relevant, others, 1, 1));
    for (const [call, problem] of [
      [of(5, 0), "0 of 5 pairs are not relevant"],
      [of(0, 5), "0 of 5 pairs are relevant"],
      [of(1, 5), "1 of 6 pairs is relevant"],
      [of(0, 0), "0 of 0 pairs are relevant"],
    ] as const) {
      await expect(call).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "pairs" });
      await expect(call).rejects.toThrow(problem);
    }
  });

  test("pairs and options that cannot be used are an error that names them", async () => {
    const good = drawnPairs(3, 3, 1, 1);
    const bad = [
      null,
      {},
      { score: Number.NaN, relevant: true },
      { score: 1, relevant: 1 },
      { score: "1", relevant: true },
    ];
    await expect(calibrate([...good, ...bad] as ScoredPair[])).rejects.toMatchObject({
      code: "INVALID_INPUT",
      indices: [6, 7, 8, 9, 10],
    });
    await expect(calibrate(undefined as never)).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "pairs" });
    for (const criterion of [
      "accuracy",
      {},
      { precision: 0 },
      { recall: 1.1 },
      { recall: "1" },
      { precision: 0.9, recall: 0.9 },
      null,
    ]) {
      const call = calibrate(good, { criterion } as CalibrateOptions);
      await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "criterion" });
    }
    await expect(calibrate(good, { beta: 2 } as object)).rejects.toMatchObject({ parameter: "beta" });
  });

  test("gives the event loop its turns, and ends when it is told to", async () => {
    const pairs = drawnPairs(20_000, 20_000, 1, 1);
    const controller = new AbortController();
    const done = calibrate(pairs, { signal: controller.signal });
    let turns = 0;
    const since = monotonic();
    while (turns < 5 && monotonic() - since < 30_000) {
      await turn();
      turns++;
    }
    controller.abort("enough");
    await expect(done).rejects.toBe("enough");
    await expect(calibrate(pairs, { signal: AbortSignal.abort("before") })).rejects.toBe("before");
  });
});
