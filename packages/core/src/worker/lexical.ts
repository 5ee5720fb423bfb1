/**
 * Lexical weights of one text, as bge-m3 gives them: ids and weights in turn, a pair for each token. An id's largest weight
 * stands where it is first seen; what counts for nothing (special tokens, weights of 0, repetitions) is a pair of zeros.
 */
export function addLexical(
  ids: Int32Array,
  weights: Float32Array,
  weightless: ReadonlySet<number>,
  out: Float32Array,
): void {
  const places = new Map<number, number>();
  for (const [t, id] of ids.entries()) {
    const weight = weights[t]!;
    // Not `weight <= 0`: NaN must be seen, not dropped.
    if (weightless.has(id) || weight === 0 || weight < 0) continue;
    const place = places.get(id) ?? t;
    places.set(id, place);
    out[2 * place] = id;
    // NaN stays once it is there: nothing is more than it.
    if (Number.isNaN(weight) || weight > out[2 * place + 1]!) out[2 * place + 1] = weight;
  }
}

/** The sum over shared ids of the product of their weights. */
export function lexicalScore(query: Float32Array, document: Float32Array): number {
  const weights = new Map<number, number>();
  for (let i = 0; i < document.length; i += 2) if (document[i + 1] !== 0) weights.set(document[i]!, document[i + 1]!);
  let sum = 0;
  for (let i = 0; i < query.length; i += 2) {
    if (query[i + 1] !== 0) sum += query[i + 1]! * (weights.get(query[i]!) ?? 0);
  }
  return sum;
}
