export type {
  Added,
  AddOptions,
  AnyDocument,
  DocumentIndex,
  FailedDocument,
  Retriever,
  RetrieverDocument,
  RetrieverOptions,
  SearchOptions,
  SearchResult,
  SearchResults,
  SkippedStage,
  Stage,
  TextPart,
} from "./api.js";
export { loadRetriever } from "./retriever.js";
