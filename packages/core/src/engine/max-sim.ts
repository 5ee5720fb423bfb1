/**
 * Late interaction: the mean over the query's rows of the best dot product with any row of the document.
 * Both sides hold L2-normalised rows of `dimensions`; so the score is a mean cosine, in [-1, 1].
 */
export function maxSim(query: Float32Array, document: Float32Array, dimensions: number): number {
  const queryRows = query.length / dimensions;
  const documentRows = document.length / dimensions;
  let sum = 0;
  for (let q = 0; q < queryRows; q++) {
    const from = q * dimensions;
    let best = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < documentRows; t++) {
      const dot = dotProduct(query, from, document, t * dimensions, dimensions);
      // NaN must not be lost in a comparison.
      if (dot > best || Number.isNaN(dot)) best = dot;
    }
    sum += best;
  }
  return sum / queryRows;
}

/** Four running sums, so that the processor need not wait for each addition. */
function dotProduct(a: Float32Array, i: number, b: Float32Array, j: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let d = 0;
  for (; d + 3 < length; d += 4) {
    s0 += a[i + d]! * b[j + d]!;
    s1 += a[i + d + 1]! * b[j + d + 1]!;
    s2 += a[i + d + 2]! * b[j + d + 2]!;
    s3 += a[i + d + 3]! * b[j + d + 3]!;
  }
  for (; d < length; d++) s0 += a[i + d]! * b[j + d]!;
  return s0 + s1 + (s2 + s3);
}
