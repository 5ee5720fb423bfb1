import { BgeError, type Completed, listed } from "../api/errors.js";
import { turn } from "../clock.js";

/** Where a part of a text starts and ends, in UTF-16 units as in `slice`. */
export interface TextPart {
  readonly start: number;
  readonly end: number;
}

/** The result of one text: its numbers, the tokens it has and the tokens that were read; or its error. */
export type TextResult =
  | {
      readonly data: Float32Array;
      /** What the head `kept-rows` gave. */
      readonly keptRows?: Uint8Array;
      /** The part of the text that has the score. @default all */
      readonly part?: TextPart;
      readonly tokens: number;
      readonly kept: number;
      readonly error?: undefined;
    }
  | { readonly error: BgeError };

export type FinishedText = Exclude<TextResult, { readonly error: BgeError }>;

/** How many values are made until the event loop gets a turn. */
const VALUES_AT_A_TIME = 512;

/**
 * Resolves to `toValue` of each result. If any text failed, rejects with one error that names every failed text and carries
 * the finished values.
 */
export async function allOrError<T extends NonNullable<Completed[number]>>(
  results: readonly TextResult[],
  toValue: (result: FinishedText) => T,
): Promise<T[]> {
  const values: (T | undefined)[] = [];
  for (const result of results) {
    values.push(result.error ? undefined : toValue(result));
    if (values.length % VALUES_AT_A_TIME === 0) await turn();
  }
  refuseFailed(results, undefined, values);
  // No result is an error, so every value is defined.
  return values as T[];
}

/** Throws one error that names every failed text, if any. `positions` are theirs in the caller's list. */
export function refuseFailed(
  results: readonly (TextResult | undefined)[],
  positions?: readonly number[],
  completed?: Completed,
): void {
  const failed = results.flatMap((result, index) => (result?.error ? [index] : []));
  const first = results[failed[0] ?? 0]?.error;
  if (first === undefined) return;
  const indices = positions === undefined ? failed : failed.map((index) => positions[index]!).sort((a, b) => a - b);
  throw located(first, indices, completed, othersOf(first, results, positions));
}

/** Tells the reasons of other failed inputs, where they differ from the first's: each broken picture has its own. */
function othersOf(
  first: BgeError,
  results: readonly (TextResult | undefined)[],
  positions?: readonly number[],
): string {
  const others = new Map<string, number>();
  for (const [index, result] of results.entries()) {
    const error = result?.error;
    if (error !== undefined && error.message !== first.message && !others.has(error.message)) {
      others.set(error.message, positions?.[index] ?? index);
    }
  }
  const told = [...others].map(([message, index]) => `index ${index}: ${message}`);
  return told.length === 0 ? "" : `. Of other inputs: ${listed(told)}`;
}

/** Returns a query's numbers. Its error names no index, which would be taken for a document's. */
export function ofQuery(result: TextResult): FinishedText {
  if (result.error !== undefined) throw result.error;
  return result;
}

/** Returns the same error with the positions of the inputs it concerns. */
export function located(error: BgeError, indices: readonly number[], completed?: Completed, more = ""): BgeError {
  const { code, message, parameter, advice } = error;
  return new BgeError(code, `${message} (input index ${listed(indices)})${more}`, {
    indices,
    cause: error.cause ?? error,
    ...(parameter === undefined ? {} : { parameter }),
    ...(completed === undefined ? {} : { completed }),
    ...(advice === undefined ? {} : { advice }),
  });
}
