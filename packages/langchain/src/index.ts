export { BgeEmbeddings, type BgeEmbeddingsFields } from "./embeddings.js";
export type { RankedResult } from "./ranked.js";
export { BgeRerankRetriever, type BgeRerankRetrieverFields } from "./rerank-retriever.js";
export {
  BgeReranker,
  type BgeRerankerFields,
  type RerankInput,
} from "./reranker.js";
export { type AddDocumentsOptions, BgeRetriever, type BgeRetrieverFields } from "./retriever.js";
