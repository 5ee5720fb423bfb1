export { BgeEmbeddings, type BgeEmbeddingsFields } from "./embeddings.js";
export {
  BgeReranker,
  type BgeRerankerFields,
  type RankedResult,
  type RerankInput,
} from "./reranker.js";
export { BgeRerankRetriever, type BgeRerankRetrieverFields } from "./retriever.js";
