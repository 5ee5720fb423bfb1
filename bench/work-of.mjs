/** bge-small-en-v1.5. */
export const SMALL = { layers: 12, width: 384, inner: 1536 };

/**
 * Multiply-adds of one text through a BERT encoder, attention included, every layer whole: an engine that skips a part
 * still gets credit for it. Embeddings, norms and activations are not counted.
 */
export function multiplyAdds(tokens, { layers, width, inner }) {
  const products = 4 * width * width + 2 * width * inner;
  const attention = 2 * tokens * width;
  return layers * tokens * (products + attention);
}
