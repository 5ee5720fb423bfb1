import type { ThresholdCriterion } from "../api/thresholds.js";
import { type Counts, measures, sumOf } from "./levels.js";

/** The level down to which pairs are accepted, and whether that is what the criterion asks for. */
export interface Choice {
  readonly level: number;
  readonly reached: boolean;
}

/**
 * Returns the level that is best by the criterion. If no level reaches the precision asked for, it is the one with the highest.
 * Of equals, the one where precision and recall are higher, then the highest level.
 */
export function choose({ relevant, others }: Counts, criterion: ThresholdCriterion): Choice {
  const all = sumOf(relevant);
  let best = { level: -1, reached: false, value: -1, sum: -1 };
  let [truePositives, falsePositives] = [0, 0];
  for (let level = 0; level < relevant.length; level++) {
    if (relevant[level]! + others[level]! === 0) continue;
    truePositives += relevant[level]!;
    falsePositives += others[level]!;
    const at = measures(truePositives, falsePositives, all);
    const reached = reaches(criterion, at);
    if (best.reached && !reached) continue;
    const value = goodness(criterion, at, reached);
    const sum = at.precision + at.recall;
    const better = value > best.value || (value === best.value && sum > best.sum);
    if (better || (reached && !best.reached)) best = { level, reached, value, sum };
  }
  return best;
}

type Measures = ReturnType<typeof measures>;

function reaches(criterion: ThresholdCriterion, { precision, recall }: Measures): boolean {
  if (criterion === "f1") return true;
  return "precision" in criterion ? precision >= criterion.precision : recall >= criterion.recall;
}

function goodness(criterion: ThresholdCriterion, { precision, recall, f1 }: Measures, reached: boolean): number {
  if (criterion === "f1") return f1;
  // Of levels that reach the precision the highest recall; of those that do not the highest precision.
  return "precision" in criterion === reached ? recall : precision;
}
