import { dotProduct } from "./similarity.js";

/** Bonus on the cosine for an identical word piece. Tuned on nine open data sets (docs/late-interaction.md). */
const SAME_PIECE = 0.03;

/** One side's L2-normalised token vectors, `[ids.length, dimensions]`, and the token id of each row. */
export interface TokenSide {
  readonly rows: Float32Array;
  readonly ids: Int32Array;
}

/**
 * Writes to `out` each query row's best cosine with any document row, where a token with the same id gets a small bonus and the
 * maximum is 1. Then, for each query row, 1 if the document has its token, 0 if not, and -1 for a special token.
 *
 * @param out length `2 * query.ids.length`
 */
export function bestMatches(
  query: TokenSide,
  document: TokenSide,
  dimensions: number,
  special: ReadonlySet<number>,
  out: Float32Array,
): void {
  const count = query.ids.length;
  for (let q = 0; q < count; q++) {
    const id = query.ids[q]!;
    const from = q * dimensions;
    const isSpecial = special.has(id);
    let best = Number.NEGATIVE_INFINITY;
    let has = 0;
    for (let t = 0; t < document.ids.length; t++) {
      let cosine = dotProduct(query.rows, from, document.rows, t * dimensions, dimensions);
      if (!isSpecial && document.ids[t] === id) {
        cosine += SAME_PIECE;
        has = 1;
      }
      // A comparison would drop NaN.
      if (cosine > best || Number.isNaN(cosine)) best = cosine;
    }
    out[q] = Math.min(1, best);
    out[count + q] = isSpecial ? -1 : has;
  }
}
