/** One stage's scores of the candidates, in their order; `undefined` for those that it has not scored. */
export interface StageScores {
  readonly weight: number;
  readonly scores: readonly (number | undefined)[];
}

/**
 * One score a candidate: the weighted sum over the stages of how many standard deviations a score lies over the stage's
 * mean. A candidate that a stage has not scored counts there as the worst that it has.
 */
export function fuse(stages: readonly StageScores[], candidates: number): Float64Array {
  const fused = new Float64Array(candidates);
  for (const { weight, scores } of stages) {
    const known = scores.filter((score) => score !== undefined);
    if (known.length === 0) continue;
    const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
    const variance = known.reduce((sum, score) => sum + (score - mean) ** 2, 0) / known.length;
    // Scores that are all the same tell nothing.
    if (variance === 0) continue;
    const worst = known.reduce((least, score) => Math.min(least, score));
    const deviation = Math.sqrt(variance);
    for (let i = 0; i < candidates; i++) fused[i]! += (weight * ((scores[i] ?? worst) - mean)) / deviation;
  }
  return fused;
}

/** A stage that reads the best candidates of the stages before it. */
export interface CascadeStage {
  readonly weight: number;
  /** How many it reads. */
  readonly depth: number;
  /** Its scores of the candidates at these positions, in their order; `undefined` for one that it has not scored. */
  score(positions: readonly number[]): Promise<readonly (number | undefined)[]>;
}

/** What a cascade has found. */
export interface Cascaded {
  /** Positions of the candidates, best first; equal ones in the order in which the stage before had them. */
  readonly order: readonly number[];
  /** One fused score a candidate, by its position: comparable within this cascade alone. */
  readonly scores: Float64Array;
}

/**
 * Lets each stage score the best by the fused scores of all stages before it, and fuses its scores with theirs.
 *
 * @param first scores that are there already
 */
export async function cascade(
  candidates: number,
  first: readonly StageScores[],
  stages: readonly CascadeStage[],
): Promise<Cascaded> {
  const known = [...first];
  let scores = fuse(known, candidates);
  const byScore = (a: number, b: number) => scores[b]! - scores[a]!;
  let order = Array.from({ length: candidates }, (_, position) => position).sort(byScore);
  for (const { weight, depth, score } of stages) {
    const read = order.slice(0, depth);
    const given = await score(read);
    const own = new Array<number | undefined>(candidates).fill(undefined);
    for (const [i, position] of read.entries()) own[position] = given[i];
    known.push({ weight, scores: own });
    scores = fuse(known, candidates);
    order = order.toSorted(byScore);
  }
  return { order, scores };
}
