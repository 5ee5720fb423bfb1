import { BgeError, type Completed, listed } from "../api/errors.js";

/** What came of one text: numbers, with the tokens it has and the tokens that were read; or an error of its own. */
export type Outcome =
  | { readonly data: Float32Array; readonly tokens: number; readonly kept: number; readonly error?: undefined }
  | { readonly error: BgeError };

/** All results, `toValue` of each one's numbers and the tokens that were read; or one error that names every text that failed and carries what was finished. */
export function allOrError<T extends NonNullable<Completed[number]>>(
  outcomes: readonly Outcome[],
  toValue: (data: Float32Array, tokens: number) => T,
): T[] {
  const values = outcomes.map((outcome) => (outcome.error ? undefined : toValue(outcome.data, outcome.kept)));
  refuseFailed(outcomes, undefined, values);
  // No outcome is an error, so every value is there.
  return values as T[];
}

/** Throws one error that names every text that failed, if any has. `places`: theirs in the caller's list. */
export function refuseFailed(outcomes: readonly Outcome[], places?: readonly number[], completed?: Completed): void {
  const failed = outcomes.flatMap((outcome, index) => (outcome.error ? [index] : []));
  const first = outcomes[failed[0] ?? 0]?.error;
  if (first === undefined) return;
  const indices = places === undefined ? failed : failed.map((index) => places[index]!).sort((a, b) => a - b);
  throw located(first, indices, completed);
}

/** A query's numbers. Its error names no index: one would be read as a document's. */
export function ofQuery(outcome: Outcome): Exclude<Outcome, { readonly error: BgeError }> {
  if (outcome.error !== undefined) throw outcome.error;
  return outcome;
}

/** The same error, with the places of the inputs it is about. */
export function located(error: BgeError, indices: readonly number[], completed?: Completed): BgeError {
  const { code, message, parameter } = error;
  return new BgeError(code, `${message} (input index ${listed(indices)})`, {
    indices,
    cause: error.cause ?? error,
    ...(parameter === undefined ? {} : { parameter }),
    ...(completed === undefined ? {} : { completed }),
  });
}
