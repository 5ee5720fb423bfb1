import { BgeError, type Completed, listed } from "../api/errors.js";

/** What one text came to: numbers, with the tokens it has and the tokens that were read; or an error of its own. */
export type TextResult =
  | {
      readonly data: Float32Array;
      /** What the head `kept-rows` gave. */
      readonly keptRows?: Uint8Array;
      readonly tokens: number;
      readonly kept: number;
      readonly error?: undefined;
    }
  | { readonly error: BgeError };

/** All results, `toValue` of each one's numbers and the tokens that were read; or one error that names every text that failed and carries what was finished. */
export function allOrError<T extends NonNullable<Completed[number]>>(
  results: readonly TextResult[],
  toValue: (data: Float32Array, tokens: number) => T,
): T[] {
  const values = results.map((result) => (result.error ? undefined : toValue(result.data, result.kept)));
  refuseFailed(results, undefined, values);
  // No result is an error, so every value is there.
  return values as T[];
}

/** Throws one error that names every text that failed, if any has. `positions`: theirs in the caller's list. */
export function refuseFailed(
  results: readonly TextResult[],
  positions?: readonly number[],
  completed?: Completed,
): void {
  const failed = results.flatMap((result, index) => (result.error ? [index] : []));
  const first = results[failed[0] ?? 0]?.error;
  if (first === undefined) return;
  const indices = positions === undefined ? failed : failed.map((index) => positions[index]!).sort((a, b) => a - b);
  throw located(first, indices, completed);
}

/** A query's numbers. Its error names no index: one would be read as a document's. */
export function ofQuery(result: TextResult): Exclude<TextResult, { readonly error: BgeError }> {
  if (result.error !== undefined) throw result.error;
  return result;
}

/** The same error, with the positions of the inputs it is about. */
export function located(error: BgeError, indices: readonly number[], completed?: Completed): BgeError {
  const { code, message, parameter } = error;
  return new BgeError(code, `${message} (input index ${listed(indices)})`, {
    indices,
    cause: error.cause ?? error,
    ...(parameter === undefined ? {} : { parameter }),
    ...(completed === undefined ? {} : { completed }),
  });
}
