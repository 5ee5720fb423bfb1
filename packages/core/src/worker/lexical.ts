/**
 * Writes the lexical weights of one text, as in bge-m3, to `out` as alternating ids and weights: one pair per token. An
 * id's largest weight is at its first occurrence; special tokens, weights of 0 and repetitions are pairs of zeros.
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
    // Not `weight <= 0`: NaN must be reported, not dropped.
    if (weightless.has(id) || weight === 0 || weight < 0) continue;
    const place = places.get(id) ?? t;
    places.set(id, place);
    out[2 * place] = id;
    // NaN, once set, stays: nothing compares greater.
    if (Number.isNaN(weight) || weight > out[2 * place + 1]!) out[2 * place + 1] = weight;
  }
}

/** Returns the sum, over shared ids, of the products of their weights. */
export function lexicalScore(query: Float32Array, document: Float32Array): number {
  const weights = new Map<number, number>();
  for (let i = 0; i < document.length; i += 2) if (document[i + 1] !== 0) weights.set(document[i]!, document[i + 1]!);
  let sum = 0;
  for (let i = 0; i < query.length; i += 2) {
    if (query[i + 1] !== 0) sum += query[i + 1]! * (weights.get(query[i]!) ?? 0);
  }
  return sum;
}
