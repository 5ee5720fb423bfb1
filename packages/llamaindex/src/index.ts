export { BgeEmbedding, type BgeEmbeddingFields } from "./embedding.js";
export { BgeReranker, type BgeRerankerFields } from "./reranker.js";
