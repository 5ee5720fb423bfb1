export type {
  Added,
  AddOptions,
  AnyDocument,
  Retriever,
  RetrieverDocument,
  RetrieverOptions,
  SearchOptions,
  SearchResult,
  SearchResults,
  SkippedStage,
  Stage,
} from "./api.js";
export { loadRetriever } from "./retriever.js";
