/** One stage's scores of the candidates, in their order; `undefined` for candidates it has not scored. */
export interface StageScores {
  readonly weight: number;
  readonly scores: readonly (number | undefined)[];
  /**
   * What counts for a candidate that the stage has not scored: its worst score, or its mean, if it says nothing of the
   * candidate that the stage cannot score it. @default "worst"
   */
  readonly unscored?: "worst" | "mean";
}

/**
 * Returns one score per candidate: the weighted sum, over the stages, of the score's distance from the stage's mean in
 * standard deviations. A candidate that a stage has not scored gets that stage's worst score, unless `unscored` says
 * otherwise.
 */
export function fuse(stages: readonly StageScores[], candidates: number): Float64Array {
  const fused = new Float64Array(candidates);
  for (const { weight, scores, unscored = "worst" } of stages) {
    const known = scores.filter((score) => score !== undefined);
    if (known.length === 0) continue;
    const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
    const variance = known.reduce((sum, score) => sum + (score - mean) ** 2, 0) / known.length;
    // Identical scores carry no information.
    if (variance === 0) continue;
    const other = unscored === "mean" ? mean : known.reduce((least, score) => Math.min(least, score));
    const deviation = Math.sqrt(variance);
    for (let i = 0; i < candidates; i++) fused[i]! += (weight * ((scores[i] ?? other) - mean)) / deviation;
  }
  return fused;
}

/** A stage that scores the best candidates of the stages before it. */
export interface CascadeStage {
  readonly weight: number;
  /** How many candidates it scores. */
  readonly depth: number;
  /** Returns the scores of the candidates at these positions, in their order; `undefined` for one it has not scored. */
  score(positions: readonly number[]): Promise<readonly (number | undefined)[]>;
}

/** The result of a cascade. */
export interface Cascaded {
  /** Positions of the candidates, best first; ties in the order of the stage before. */
  readonly order: readonly number[];
  /** One fused score per candidate, by position. Comparable only within this cascade. */
  readonly scores: Float64Array;
}

/**
 * Runs each stage over the candidates with the best fused scores so far, and fuses its scores with those.
 *
 * @param first scores that are known already
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
    known.push({ weight, scores: atPositions(read, given, candidates) });
    scores = fuse(known, candidates);
    order = order.toSorted(byScore);
  }
  return { order, scores };
}

/** Returns a list with these values at these positions. */
export function atPositions<T>(positions: readonly number[], values: readonly T[], length: number): (T | undefined)[] {
  const list = new Array<T | undefined>(length).fill(undefined);
  for (const [i, position] of positions.entries()) list[position] = values[i];
  return list;
}
