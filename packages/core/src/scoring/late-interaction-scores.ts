/** A document's best window, and its score. */
export interface BestWindow {
  readonly score: number;
  readonly window: number;
}

/**
 * Scores several documents against one query by late interaction: the mean of the query tokens' best cosines, weighted
 * more the fewer of these documents contain the token. So a document's score depends on the others.
 *
 * @param documents the output of `bestMatches` for each
 */
export function scoresByCandidates(documents: readonly Float32Array[]): number[] {
  if (documents.length === 0) return [];
  const alone = documents.map((numbers) => [numbers]);
  return bestBy(alone, weightsByCandidates(alone)).map(({ score }) => score);
}

/**
 * Scores documents of several windows, of which the best counts, by the weighted mean of the query tokens' best cosines.
 *
 * @param weights of the query's rows
 */
export function bestBy(documents: readonly (readonly Float32Array[])[], weights: readonly number[]): BestWindow[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return documents.map((windows) => {
    let best: BestWindow | undefined;
    for (const [window, numbers] of windows.entries()) {
      const score = weights.reduce((total, weight, i) => total + weight * numbers[i]!, 0) / sum;
      if (best === undefined || score > best.score) best = { score, window };
    }
    return best!;
  });
}

/** The same weight for each row of the query, for at least one document. */
export function evenWeights(documents: readonly (readonly Float32Array[])[]): number[] {
  return Array.from({ length: documents[0]![0]!.length / 2 }, () => 1);
}

/** A weight for each row of the query: more the fewer of these documents, of which there is at least one, contain its token. */
export function weightsByCandidates(documents: readonly (readonly Float32Array[])[]): number[] {
  const count = documents[0]![0]!.length / 2;
  const has = (row: number) =>
    documents.map((windows) => windows.reduce((most, numbers) => Math.max(most, numbers[count + row]!), -1));
  const rows = Array.from({ length: count }, (_, row) => (has(row)[0] === -1 ? undefined : rarity(has(row))));
  const tokens = rows.filter((weight) => weight !== undefined);
  // [SEP] stands for the query as a whole.
  const special = tokens.length === 0 ? 1 : tokens.reduce((sum, weight) => sum + weight, 0) / tokens.length / 2;
  return rows.map((weight) => weight ?? special);
}

/**
 * Returns how rare a token is among the documents. One found in none of them counts half, because it tells less than
 * its rarity suggests.
 */
function rarity(has: readonly number[]): number {
  const found = has.reduce((sum, one) => sum + one, 0);
  const weight = Math.log((has.length + 1) / (found + 0.5)) + 1;
  return found === 0 ? weight / 2 : weight;
}
