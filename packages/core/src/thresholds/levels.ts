import type { ScoredPair, ThresholdPoint } from "../api/thresholds.js";

/** The distinct scores of some pairs, highest first, and how many pairs have each. */
export interface Levels {
  readonly scores: Float64Array;
  readonly counts: Counts;
  /** The level of each relevant pair, and of each other one. */
  readonly relevant: Uint32Array;
  readonly others: Uint32Array;
}

/** How many pairs have each level: of those that are relevant, and of the others. */
export interface Counts {
  readonly relevant: Uint32Array;
  readonly others: Uint32Array;
}

export function levelsOf(pairs: readonly ScoredPair[]): Levels {
  const sorted = Float64Array.from(pairs, ({ score }) => score)
    .sort()
    .reverse();
  const scores = sorted.filter((score, i) => i === 0 || score !== sorted[i - 1]);
  const levelOf = new Map([...scores].map((score, level) => [score, level]));
  const levels = (relevant: boolean) =>
    Uint32Array.from(
      pairs.filter((pair) => pair.relevant === relevant),
      ({ score }) => levelOf.get(score)!,
    );
  const [relevant, others] = [levels(true), levels(false)];
  const counts = emptyCounts(scores.length);
  for (const level of relevant) counts.relevant[level]!++;
  for (const level of others) counts.others[level]!++;
  return { scores, counts, relevant, others };
}

export function emptyCounts(levels: number): Counts {
  return { relevant: new Uint32Array(levels), others: new Uint32Array(levels) };
}

export function sumOf(counts: Uint32Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

/**
 * Returns the threshold that accepts the levels down to `level`: halfway to the next level that any pair has, so that a score a
 * little lower than those seen is accepted too. The lowest is the lowest score itself.
 */
export function thresholdAt(scores: Float64Array, counts: Counts, level: number): number {
  let next = level + 1;
  while (next < scores.length && counts.relevant[next]! + counts.others[next]! === 0) next++;
  const [lowest, below] = [scores[level]!, scores[next]];
  if (below === undefined) return lowest;
  const halfway = lowest / 2 + below / 2;
  return halfway > below && halfway <= lowest ? halfway : lowest;
}

/** Returns every threshold that makes a difference, highest first. */
export function curveOf({ scores, counts }: Levels): ThresholdPoint[] {
  const [relevant, others] = [sumOf(counts.relevant), sumOf(counts.others)];
  let truePositives = 0;
  let falsePositives = 0;
  return Array.from(scores, (_, level) => {
    truePositives += counts.relevant[level]!;
    falsePositives += counts.others[level]!;
    return {
      threshold: thresholdAt(scores, counts, level),
      ...measures(truePositives, falsePositives, relevant),
      truePositives,
      falsePositives,
      falseNegatives: relevant - truePositives,
      trueNegatives: others - falsePositives,
    };
  });
}

/** Precision, recall and F1 where at least one pair is accepted and one is relevant. */
export function measures(truePositives: number, falsePositives: number, relevant: number) {
  const accepted = truePositives + falsePositives;
  return {
    precision: truePositives / accepted,
    recall: truePositives / relevant,
    f1: (2 * truePositives) / (accepted + relevant),
  };
}

/** Returns the probability that a relevant pair is at a higher level than another; half of those at the same level count. */
export function aucOf({ relevant, others }: Counts): number {
  let above = 0;
  let higher = 0;
  for (let level = 0; level < relevant.length; level++) {
    higher += others[level]! * (above + relevant[level]! / 2);
    above += relevant[level]!;
  }
  return higher / (above * sumOf(others));
}
