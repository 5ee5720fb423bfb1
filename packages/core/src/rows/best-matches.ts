import type { TokenSide } from "./compress.js";
import { floatProducts } from "./kernel.js";
import { askedTokens, bestOf } from "./match.js";

/** Late interaction with a document's own rows, one for each token: see `bestOf`. */
export function bestMatches(
  query: TokenSide,
  document: TokenSide,
  dimensions: number,
  special: ReadonlySet<number>,
  out: Float32Array,
): void {
  const { values, stride } = floatProducts(document.rows, query.rows, dimensions);
  bestOf(values, stride, askedTokens(query.ids, special), document, out);
}
