/**
 * L2-normalised rows by chance, the same ones for the same seed.
 *
 * @param shared how much of each row is one vector that all of them share, as of the tokens of one text: 0 to 1
 */
export function unitRows(count: number, dimensions: number, seed: number, shared: number): Float32Array {
  let state = seed >>> 0;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  };
  const vector = () => normalized(Float64Array.from({ length: dimensions }, chance));
  const common = vector();
  const rows = Array.from({ length: count }, () => {
    const own = vector();
    return [...normalized(own.map((value, d) => (1 - shared) * value + shared * common[d]!))];
  });
  return Float32Array.from(rows.flat());
}

function normalized(values: Float64Array): Float64Array {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / norm);
}

/** The dot product, term by term. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, d) => sum + value * b[d]!, 0);
}
