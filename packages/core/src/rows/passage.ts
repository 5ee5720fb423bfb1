import { type AskedTokens, SAME_PIECE } from "./match.js";
import type { Compared } from "./score.js";

/** Tokens of a text in order, and the places among them at which a sentence begins. */
export interface InOrder {
  readonly ids: readonly number[];
  readonly sentences: readonly number[];
}

/**
 * The stretch of at most `most` tokens that matches a query best, from the beginning of a sentence: by the query's rows' best cosines with
 * the tokens in it, weighted as in the text's score. A kept row says which ids it stands for, but not where these are: where one
 * occurs several times, each occurrence counts as the best.
 *
 * @param weights of the query's rows
 * @returns the places of its first token and behind its last one
 */
export function bestPassage(
  query: AskedTokens,
  weights: readonly number[],
  { tokens, cosines, stride }: Compared,
  { ids, sentences }: InOrder,
  most: number,
): readonly [from: number, to: number] {
  if (ids.length <= most) return [0, ids.length];
  const byId = bestById(query, { tokens, cosines, stride });
  const count = query.ids.length;
  const best = new Float32Array(count);
  let found: readonly [number, number] = [0, most];
  let highest = Number.NEGATIVE_INFINITY;
  for (const start of sentences) {
    // What begins nearer to the end reads what is before it, too.
    const from = Math.min(start, ids.length - most);
    best.fill(-1);
    for (let at = from; at < from + most; at++) {
      const own = byId.get(ids[at]!);
      if (own !== undefined) for (let q = 0; q < count; q++) if (own[q]! > best[q]!) best[q] = own[q]!;
    }
    const score = best.reduce((sum, cosine, q) => sum + weights[q]! * cosine, 0);
    if (score > highest) [highest, found] = [score, [from, from + most]];
  }
  return found;
}

/** The best cosines of each id's rows with the query's, with the bonus for the same word piece. */
function bestById(
  query: AskedTokens,
  { tokens: { ids, starts }, cosines, stride }: Compared,
): Map<number, Float32Array> {
  const byId = new Map<number, Float32Array>();
  const count = query.ids.length;
  let row = 0;
  for (const [t, id] of ids.entries()) {
    while (row + 1 < starts.length && starts[row + 1]! <= t) row++;
    let best = byId.get(id);
    if (best === undefined) {
      best = new Float32Array(count).fill(-1);
      byId.set(id, best);
    }
    for (let q = 0; q < count; q++) best[q] = Math.max(best[q]!, cosines[row * stride + q]!);
  }
  for (const [id, places] of query.places) {
    const best = byId.get(id);
    if (best !== undefined) for (const q of places) best[q] = Math.min(1, best[q]! + SAME_PIECE);
  }
  return byId;
}
