import { dotProduct } from "../dot-product.js";

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
