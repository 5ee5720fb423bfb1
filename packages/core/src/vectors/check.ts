import { types } from "node:util";
import type { SparseVector } from "../api/embedding.js";
import { BgeError, listed, shown } from "../api/errors.js";

/** A list of vectors as numbers, of any kind of array. */
export type Vectors = readonly ArrayLike<number>[];

type Problem = (vector: ArrayLike<number>, dimensions: number | undefined) => string | undefined;

/**
 * Checks that `vectors` are lists of finite float numbers, of one length of at least 1. The error names every other one.
 *
 * @param dimensions @default the length of the first
 * @param problem returns what is wrong with a vector @default for float numbers
 */
export function checkVectors(
  vectors: Vectors,
  parameter: string,
  dimensions = vectors?.[0]?.length,
  problem: Problem = problemOfFloats,
): void {
  if (!Array.isArray(vectors)) {
    throw new BgeError("INVALID_INPUT", `${parameter} must be an array of vectors.`, { parameter });
  }
  const problems = Array.from(vectors, (vector) => problem(vector, dimensions));
  const indices = [...problems.keys()].filter((index) => problems[index] !== undefined);
  if (indices.length === 0) return;
  const told = listed(indices.map((index) => `${index} (${problems[index]})`));
  throw new BgeError(
    "INVALID_INPUT",
    `${indices.length} of ${vectors.length} ${parameter} cannot be used: index ${told}.`,
    { parameter, indices },
  );
}

/** Checks one vector, of any kind of numbers. @throws BgeError `INVALID_INPUT` */
export function checkVector(vector: ArrayLike<number>, parameter: string, dimensions?: number): void {
  const problem = problemOfNumbers(vector, dimensions);
  if (problem !== undefined) throw unusable(parameter, problem);
}

/** Checks token ids and their weights. @throws BgeError `INVALID_INPUT` */
export function checkSparse(vector: SparseVector, parameter: string): void {
  const { indices, values } = (vector ?? {}) as Partial<SparseVector>;
  const places = problemOfNumbers(indices);
  if (places !== undefined) throw unusable(parameter, `indices: ${places}`);
  const weights = problemOfNumbers(values, indices!.length);
  if (weights !== undefined) throw unusable(parameter, `values: ${weights}`);
  const odd = indices!.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= 2 ** 31);
  if (odd >= 0) throw unusable(parameter, `indices: ${indices![odd]} is no token id`);
}

export function unusable(parameter: string, problem: string): BgeError {
  return new BgeError("INVALID_INPUT", `${parameter} cannot be used: ${problem}.`, { parameter });
}

function problemOfFloats(vector: ArrayLike<number> | undefined, dimensions: number | undefined): string | undefined {
  const kind = kindOf(vector);
  if (kind !== undefined && kind !== "Float32Array" && kind !== "Float64Array") return `${kind}, not float numbers`;
  return vector?.length === 0 ? NONE : problemOfNumbers(vector, dimensions);
}

/** Returns what keeps a vector from being compared with one of so many dimensions. */
export function problemOfNumbers(vector: ArrayLike<number> | undefined, dimensions?: number): string | undefined {
  if (vector === undefined || !(Array.isArray(vector) || kindOf(vector))) return NONE;
  if (dimensions !== undefined && vector.length !== dimensions) return `length ${vector.length}, not ${dimensions}`;
  for (let d = 0; d < vector.length; d++) {
    if (!Number.isFinite(vector[d])) return `${shown(vector[d])} in dimension ${d}`;
  }
  return undefined;
}

const NONE = "not a vector";

/** The name of a typed array's class, which a test runner's context has its own of; undefined if it is none. */
export function kindOf(value: unknown): string | undefined {
  return types.isTypedArray(value) ? value[Symbol.toStringTag] : undefined;
}

/** True for a vector of so many floats: its dot product with another is finite only if all of them are. */
export function isFloats(vector: ArrayLike<number>, dimensions = vector?.length): boolean {
  return kindOf(vector)?.startsWith("Float") === true && vector.length === dimensions;
}
