import { dotProduct } from "./similarity.js";

/** What the same word piece counts over its cosine. Measured on nine open sets (docs/late-interaction.md). */
const SAME_PIECE = 0.03;

/** A side's L2-normalised rows of `dimensions`, and the token id of each. */
export interface TokenSide {
  readonly rows: Float32Array;
  readonly ids: Int32Array;
}

/**
 * For each row of the query its best cosine with any row of the document, a token with the same id counting a little more and 1
 * the most; then for each row whether the document has its token: 1 or 0, and -1 for a special token.
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
      // NaN must not be lost in a comparison.
      if (cosine > best || Number.isNaN(cosine)) best = cosine;
    }
    out[q] = Math.min(1, best);
    out[count + q] = isSpecial ? -1 : has;
  }
}
