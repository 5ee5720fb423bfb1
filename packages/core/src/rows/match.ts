/** Bonus of a token for the same word piece, added to its cosine. Tuned on nine open sets: see docs/late-interaction.md. */
export const SAME_PIECE = 0.03;

/** A document's tokens: row `r` stands for those from `starts[r]` on. Without `starts` a row is a token. */
export interface MatchedTokens {
  readonly ids: Int32Array;
  readonly starts?: Int32Array;
}

/** A query's rows by token id. */
export interface AskedTokens {
  readonly ids: Int32Array;
  /** Where each id stands in the query; special tokens, which get no bonus, are left out. */
  readonly places: ReadonlyMap<number, readonly number[]>;
}

export function askedTokens(ids: Int32Array, special: ReadonlySet<number>): AskedTokens {
  const places = new Map<number, number[]>();
  for (const [place, id] of ids.entries()) {
    if (special.has(id)) continue;
    const known = places.get(id);
    if (known === undefined) places.set(id, [place]);
    else known.push(place);
  }
  return { ids, places };
}

/**
 * For each query row, its best cosine with any row of the document, with a bonus (up to 1) for a row that stands for the
 * same token id; then, for each query row, whether the document has its token: 1 or 0, or -1 for a special token.
 *
 * @param cosines of the document's row `r` with the query's row `q` in `cosines[r * stride + q]`
 * @param out two numbers for each query row; the cosines of a document without tokens are -1
 */
export function bestOf(
  cosines: Float32Array,
  stride: number,
  query: AskedTokens,
  { ids, starts }: MatchedTokens,
  out: Float32Array,
  bonus = SAME_PIECE,
): void {
  const count = query.ids.length;
  const rows = starts === undefined ? ids.length : starts.length;
  out.fill(rows === 0 ? -1 : Number.NEGATIVE_INFINITY, 0, count);
  out.fill(-1, count);
  for (const places of query.places.values()) for (const q of places) out[count + q] = 0;
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < count; q++) {
      const cosine = cosines[r * stride + q]!;
      // A comparison must not lose NaN: once it is the best, it stays.
      if (!(cosine <= out[q]!)) if (!Number.isNaN(out[q]!)) out[q] = cosine;
    }
  }
  let row = 0;
  for (let t = 0; t < ids.length; t++) {
    if (starts === undefined) row = t;
    else while (row + 1 < rows && starts[row + 1]! <= t) row++;
    const places = query.places.get(ids[t]!);
    if (places === undefined) continue;
    for (const q of places) {
      out[count + q] = 1;
      const cosine = cosines[row * stride + q]! + bonus;
      if (cosine > out[q]!) out[q] = cosine;
    }
  }
  for (let q = 0; q < count; q++) if (out[q]! > 1) out[q] = 1;
}
