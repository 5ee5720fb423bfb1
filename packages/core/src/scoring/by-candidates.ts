/**
 * Late interaction of one query with several documents: the mean of its tokens' best cosines, a token counting the more the fewer
 * of these documents have it. So a document's score depends on the others.
 *
 * @param documents what `bestMatches` gave for each
 */
export function scoresByCandidates(documents: readonly Float32Array[]): number[] {
  if (documents.length === 0) return [];
  const weights = weightsOf(documents);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return documents.map((numbers) => weights.reduce((total, weight, i) => total + weight * numbers[i]!, 0) / sum);
}

/** A weight for each row of the query. */
function weightsOf(documents: readonly Float32Array[]): number[] {
  const count = documents[0]!.length / 2;
  const has = (row: number) => documents.map((numbers) => numbers[count + row]!);
  const rows = Array.from({ length: count }, (_, row) => (has(row)[0] === -1 ? undefined : rarity(has(row))));
  const tokens = rows.filter((weight) => weight !== undefined);
  // [SEP] stands for the query as a whole.
  const special = tokens.length === 0 ? 1 : tokens.reduce((sum, weight) => sum + weight, 0) / tokens.length / 2;
  return rows.map((weight) => weight ?? special);
}

/** How rare a token is among the documents; one that none of them has tells less than its rarity would say. */
function rarity(has: readonly number[]): number {
  const found = has.reduce((sum, one) => sum + one, 0);
  const weight = Math.log((has.length + 1) / (found + 0.5)) + 1;
  return found === 0 ? weight / 2 : weight;
}
