export { BgeEmbeddings, type BgeEmbeddingsFields } from "./embeddings.js";
export { BgeRerankRetriever, type BgeRerankRetrieverFields } from "./rerank-retriever.js";
export {
  BgeReranker,
  type BgeRerankerFields,
  type RankedResult,
  type RerankInput,
} from "./reranker.js";
export { BgeRetriever, type BgeRetrieverFields } from "./retriever.js";
