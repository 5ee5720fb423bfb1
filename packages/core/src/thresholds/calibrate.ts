import { BgeError, invalid, listed } from "../api/errors.js";
import type {
  CalibrateOptions,
  Calibration,
  CalibrationCaution,
  ScoredPair,
  ThresholdCriterion,
} from "../api/thresholds.js";
import { type Check, type Checks, checkOptions, isSignal } from "../checks.js";
import { choose } from "./choose.js";
import { aucOf, curveOf, type Levels, levelsOf, measures } from "./levels.js";
import { type Resampled, resample } from "./resample.js";

/** The fewest pairs of a kind without a caution: the standard error of a share of 0.5 is then 0.07. */
const ENOUGH_PAIRS = 50;
const KINDS = ["relevant", "not relevant"] as const;

const isCriterion: Check = (value) => {
  if (value === "f1") return undefined;
  const [entry, ...more] = Object.entries((typeof value === "object" && value) || {});
  const [name, least] = entry ?? [];
  const fits = (name === "precision" || name === "recall") && typeof least === "number" && least > 0 && least <= 1;
  return fits && more.length === 0
    ? undefined
    : '"f1", or { precision } or { recall } with a number over 0 and up to 1';
};

const OPTIONS: Checks<CalibrateOptions> = { criterion: isCriterion, signal: isSignal };

/**
 * Chooses a threshold by labelled pairs: what has at least this score is taken for relevant. It works on scores of any kind that
 * are comparable between queries, such as cosines or a cross-encoder's, and gives the same result for the same pairs. 10,000 pairs
 * take about a second, in slices that leave the event loop free.
 *
 * @param pairs scores and labels: your own, or those of `scorePairs`. At least two that are relevant and two that are not; some
 * hundreds of each for an interval of a few hundredths
 * @throws BgeError `INVALID_INPUT` naming the pairs that cannot be used, or if there are fewer than two of a kind; `INVALID_OPTION`
 * for a precision that no threshold reaches; or `signal.reason`
 * @example
 * const scored = await scorePairs(embedder, [{ query: "What do pandas eat?", document: "Pandas eat bamboo.", relevant: true }, ...]);
 * const { threshold, heldOut, cautions } = await calibrate(scored, { criterion: { precision: 0.95 } });
 */
export async function calibrate(pairs: readonly ScoredPair[], options: CalibrateOptions = {}): Promise<Calibration> {
  const { criterion = "f1", signal } = checkOptions(options, OPTIONS, "calibrate");
  checkPairs(pairs);
  signal?.throwIfAborted();
  const levels = levelsOf(pairs);
  const curve = curveOf(levels);
  const { level, reached } = choose(levels.counts, criterion);
  const point = curve[level]!;
  if (!reached) {
    // Recall is always reached, by accepting all.
    const best = `the highest is ${point.precision.toFixed(3)}, at ${point.threshold.toFixed(4)}`;
    throw invalid("criterion", `asks for a precision that no threshold reaches on these pairs: ${best}`);
  }
  const resampled = await resample(levels, criterion, point.truePositives + point.falsePositives, signal);
  return {
    ...point,
    ...resampled,
    auc: { ...resampled.auc, mean: aucOf(levels.counts) },
    overlap: overlapOf(levels) / pairs.length,
    cautions: cautionsOf(levels, resampled, criterion),
    curve,
  };
}

function checkPairs(pairs: readonly ScoredPair[]): void {
  const parameter = "pairs";
  if (!Array.isArray(pairs)) throw new BgeError("INVALID_INPUT", "pairs must be an array.", { parameter });
  const fits = (pair: Partial<ScoredPair> | null | undefined) =>
    Number.isFinite(pair?.score) && typeof pair?.relevant === "boolean";
  const indices = Array.from(pairs, fits).flatMap((fit, index) => (fit ? [] : [index]));
  if (indices.length > 0) {
    const problem = `pairs need a finite score, and relevant as true or false: not so at index ${listed(indices)}.`;
    throw new BgeError("INVALID_INPUT", problem, { parameter, indices });
  }
  const relevant = pairs.filter((pair) => pair.relevant).length;
  for (const [i, count] of [relevant, pairs.length - relevant].entries()) {
    if (count >= 2) continue;
    const problem = `${count} of ${pairs.length} pairs ${count === 1 ? "is" : "are"} ${KINDS[i]}, and a threshold needs at least two.`;
    throw new BgeError("INVALID_INPUT", problem, { parameter });
  }
}

/** How many pairs have a score from the lowest of a relevant one to the highest of another. */
function overlapOf({ counts, relevant, others }: Levels): number {
  const [lowest, highest] = [Math.max(...limits(relevant)), Math.min(...limits(others))];
  let pairs = 0;
  for (let level = highest; level <= lowest; level++) pairs += counts.relevant[level]! + counts.others[level]!;
  return pairs;
}

/** The highest and the lowest of some levels, not by a spread of them all. */
function limits(levels: Uint32Array): [number, number] {
  const sorted = levels.toSorted();
  return [sorted[0]!, sorted.at(-1)!];
}

function cautionsOf(
  { relevant, others }: Levels,
  { auc, heldOut }: Resampled,
  criterion: ThresholdCriterion,
): CalibrationCaution[] {
  const cautions: CalibrationCaution[] = [];
  const few = [relevant.length, others.length].flatMap((count, i) =>
    count < ENOUGH_PAIRS ? [`${count} ${KINDS[i]}`] : [],
  );
  if (few.length > 0) {
    const message = `Only ${few.join(" and ")}: label at least ${ENOUGH_PAIRS} of each, better some hundreds.`;
    cautions.push({ code: "few-pairs", message });
  }
  const ofAll = measures(relevant.length, others.length, relevant.length).f1;
  if (auc.low <= 0.5) {
    const message = "The scores may not tell relevant pairs from others: no threshold is of use if so.";
    cautions.push({ code: "indistinct", message });
  } else if (criterion === "f1" && heldOut.f1.mean <= ofAll) {
    const message = `The threshold does no better than to accept all pairs, for an F1 of ${ofAll.toFixed(3)}: ask for a precision.`;
    cautions.push({ code: "indistinct", message });
  }
  if (criterion === "f1") return cautions;
  const [[name, asked]] = Object.entries(criterion) as [["precision" | "recall", number]];
  const { mean } = heldOut[name];
  if (mean < asked) {
    const message = `Expect a ${name} of ${mean.toFixed(3)} on new pairs, not ${asked}: ask for more, or label more pairs.`;
    cautions.push({ code: "criterion-missed", message });
  }
  return cautions;
}
