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
