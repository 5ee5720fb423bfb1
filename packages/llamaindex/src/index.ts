export { BgeEmbedding, type BgeEmbeddingFields } from "./embedding.js";
export { BgeReranker, type BgeRerankerFields } from "./reranker.js";
export { BgeRetriever, type BgeRetrieverFields } from "./retriever.js";
export { BgeSentenceSplitter, type BgeSentenceSplitterFields } from "./splitter.js";
export { BgeTextSplitter, type BgeTextSplitterFields } from "./text-splitter.js";
