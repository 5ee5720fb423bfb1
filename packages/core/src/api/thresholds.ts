import type { CallOptions } from "./options.js";

/** Two texts, and whether the document answers the query; or, with `symmetric`, whether both say the same. */
export interface LabelledPair {
  readonly query: string;
  readonly document: string;
  readonly relevant: boolean;
}

/** A score of two texts, higher for nearer ones, and what is true of them. */
export interface ScoredPair {
  readonly score: number;
  readonly relevant: boolean;
}

export interface ScorePairsOptions extends CallOptions {
  /** Embedders alone: both texts are documents, as for duplicates. @default false: `query` is a query */
  readonly symmetric?: boolean;
}

/**
 * What a threshold is chosen for: the highest F1; the highest recall at a precision of at least `precision`; or the highest precision
 * at a recall of at least `recall`.
 */
export type ThresholdCriterion =
  | "f1"
  | { readonly precision: number; readonly recall?: never }
  | { readonly recall: number; readonly precision?: never };

export interface CalibrateOptions {
  /** @default "f1" */
  readonly criterion?: ThresholdCriterion;
  /** @default none */
  readonly signal?: AbortSignal;
}

/** What `score >= threshold` does to the pairs that were given. */
export interface ThresholdPoint {
  readonly threshold: number;
  /** The share of relevant ones among the accepted. */
  readonly precision: number;
  /** The share of accepted ones among the relevant. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** The middle 95 % of what 1,000 resamples of the pairs gave. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A mean over the resamples; the interval is at least Wilson's for a share of as many pairs. */
export interface Estimate extends Interval {
  readonly mean: number;
}

/** Why not to trust a calibration. */
export interface CalibrationCaution {
  /**
   * `"few-pairs"`: fewer than 50 that are relevant, or that are not. `"indistinct"`: the scores may not tell the two apart at
   * all, or the best F1 is no better than that of accepting all.
   * `"criterion-missed"`: pairs that the threshold was not chosen by miss the precision or the recall asked for, on average.
   */
  readonly code: "few-pairs" | "indistinct" | "criterion-missed";
  readonly message: string;
}

/** A threshold, what it does to the pairs it was chosen by, and what to expect of others. */
export interface Calibration extends ThresholdPoint {
  /** Where the threshold would have been for other pairs of the same kind. */
  readonly thresholdInterval: Interval;
  /**
   * What to expect of new pairs of the same kind, with the same share of relevant ones: each resample chooses a threshold, and it is
   * tried on the pairs that are not in the resample. Figures of the pairs that chose the threshold are better than that.
   */
  readonly heldOut: { readonly precision: Estimate; readonly recall: Estimate; readonly f1: Estimate };
  /** The probability that a relevant pair has a higher score than another: 1 if a threshold separates them, 0.5 by chance. */
  readonly auc: Estimate;
  /** The share of pairs from the lowest score of a relevant one to the highest of another; 0 if a threshold separates them. */
  readonly overlap: number;
  /** Empty if there is nothing to say. */
  readonly cautions: readonly CalibrationCaution[];
  /** Every threshold that makes a difference, highest first. */
  readonly curve: readonly ThresholdPoint[];
}
