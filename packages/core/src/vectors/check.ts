import { BgeError, listed } from "../api/errors.js";

/** A list of vectors as numbers, of any kind of array. */
export type Vectors = readonly ArrayLike<number>[];

/**
 * Checks that `vectors` are lists of finite float numbers, of one length of at least 1. The error names every other one.
 *
 * @param dimensions @default the length of the first
 */
export function checkVectors(vectors: Vectors, parameter: string, dimensions = vectors?.[0]?.length): void {
  if (!Array.isArray(vectors)) {
    throw new BgeError("INVALID_INPUT", `${parameter} must be an array of vectors.`, { parameter });
  }
  const problems = Array.from(vectors, (vector) => problemOf(vector, dimensions));
  const indices = [...problems.keys()].filter((index) => problems[index] !== undefined);
  if (indices.length === 0) return;
  const told = listed(indices.map((index) => `${index} (${problems[index]})`));
  throw new BgeError(
    "INVALID_INPUT",
    `${indices.length} of ${vectors.length} ${parameter} cannot be used: index ${told}.`,
    { parameter, indices },
  );
}

function problemOf(vector: ArrayLike<number> | undefined, dimensions: number | undefined): string | undefined {
  const kind = kindOf(vector);
  if (kind !== undefined && kind !== "Float32Array" && kind !== "Float64Array") return `${kind}, not float numbers`;
  if (vector === undefined || !(Array.isArray(vector) || kind) || vector.length === 0) return "not a vector";
  if (vector.length !== dimensions) return `length ${vector.length}, not ${dimensions}`;
  for (let d = 0; d < vector.length; d++) {
    if (!Number.isFinite(vector[d])) return `${String(vector[d])} in dimension ${d}`;
  }
  return undefined;
}

/** The name of a typed array's class, which a test runner's context has its own of; undefined if it is none. */
export function kindOf(value: unknown): string | undefined {
  return ArrayBuffer.isView(value) ? (value as Uint8Array)[Symbol.toStringTag] : undefined;
}
