export type {
  CollectionOptions,
  Filter,
  QdrantAdded,
  QdrantAddOptions,
  QdrantRetriever,
  QdrantRetrieverOptions,
  QdrantSearchOptions,
  QdrantSearchResults,
} from "./api.js";
export { loadQdrantRetriever } from "./retriever.js";
