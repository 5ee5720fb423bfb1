import type { Estimate, Interval, ThresholdCriterion } from "../api/thresholds.js";
import { monotonic, turn } from "../clock.js";
import { choose } from "./choose.js";
import { aucOf, type Counts, emptyCounts, type Levels, measures, sumOf, thresholdAt } from "./levels.js";

const RESAMPLES = 1000;
/** Milliseconds until the event loop gets a turn. */
const SLICE_MS = 8;

export interface Resampled {
  readonly thresholdInterval: Interval;
  readonly auc: Estimate;
  readonly heldOut: { readonly precision: Estimate; readonly recall: Estimate; readonly f1: Estimate };
}

/**
 * Draws as many relevant pairs and as many others as there are, with replacement, chooses a threshold by those drawn, and tries it
 * on those not drawn; a thousand times, by a fixed seed.
 *
 * @param accepted how many pairs the threshold of all pairs accepts
 */
export async function resample(
  levels: Levels,
  criterion: ThresholdCriterion,
  accepted: number,
  signal: AbortSignal | undefined,
): Promise<Resampled> {
  const chance = seeded();
  const values = { thresholds: [], aucs: [], precision: [], recall: [], f1: [] } as Record<string, number[]>;
  let since = monotonic();
  for (let i = 0; i < RESAMPLES; i++) {
    const [drawn, left] = [emptyCounts(levels.scores.length), emptyCounts(levels.scores.length)];
    draw(levels.relevant, chance, drawn.relevant, left.relevant);
    draw(levels.others, chance, drawn.others, left.others);
    const threshold = thresholdAt(levels.scores, drawn, choose(drawn, criterion).level);
    values["thresholds"]!.push(threshold);
    values["aucs"]!.push(aucOf(drawn));
    for (const [name, value] of Object.entries(tried(levels.scores, left, threshold))) {
      // What has no relevant pair, or accepts none, says nothing.
      if (Number.isFinite(value)) values[name]!.push(value);
    }
    if (monotonic() - since < SLICE_MS) continue;
    await turn();
    signal?.throwIfAborted();
    since = monotonic();
  }
  const { low, high } = estimate(values["thresholds"]!);
  const of = (name: string, pairs: number) => widened(estimate(values[name]!), pairs);
  const [relevant, others] = [levels.relevant.length, levels.others.length];
  return {
    thresholdInterval: { low, high },
    auc: of("aucs", Math.min(relevant, others)),
    heldOut: {
      precision: of("precision", accepted),
      recall: of("recall", relevant),
      f1: of("f1", Math.min(accepted, relevant)),
    },
  };
}

/**
 * Resamples of ten pairs that are all right are all right, too, which says little of the eleventh: the interval is at least as wide as
 * that of a share of so many pairs (Wilson's, 95 %).
 */
function widened({ mean, low, high }: Estimate, pairs: number): Estimate {
  const z2 = 1.96 ** 2 / pairs;
  const middle = (mean + z2 / 2) / (1 + z2);
  const half = Math.sqrt(z2 * (mean * (1 - mean) + z2 / 4)) / (1 + z2);
  return { mean, low: Math.max(0, Math.min(low, middle - half)), high: Math.min(1, Math.max(high, middle + half)) };
}

/** Draws pairs by their levels, and counts those drawn and those left. */
function draw(pairs: Uint32Array, chance: () => number, drawn: Uint32Array, left: Uint32Array): void {
  const taken = new Uint8Array(pairs.length);
  for (let i = 0; i < pairs.length; i++) {
    const pair = Math.floor(chance() * pairs.length);
    taken[pair] = 1;
    drawn[pairs[pair]!]!++;
  }
  for (let i = 0; i < pairs.length; i++) if (taken[i] === 0) left[pairs[i]!]!++;
}

function tried(scores: Float64Array, { relevant, others }: Counts, threshold: number) {
  let [truePositives, falsePositives] = [0, 0];
  for (let level = 0; level < scores.length && scores[level]! >= threshold; level++) {
    truePositives += relevant[level]!;
    falsePositives += others[level]!;
  }
  return measures(truePositives, falsePositives, sumOf(relevant));
}

/** Mean and middle 95 %. Of nothing, all is possible. */
function estimate(values: number[]): Estimate {
  if (values.length === 0) return { mean: 0, low: 0, high: 1 };
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, low: at(0.025), high: at(0.975) };
}

/** Numbers from 0 to 1, below 1, the same ones every time (mulberry32). */
function seeded(): () => number {
  let state = 20261127;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
