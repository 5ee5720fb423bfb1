/** `@bge-js/retriever/adapter`: shared with @bge-js/qdrant and @bge-js/cli. Not for applications; it may change in any release. */
export type { FailedDocument } from "./api.js";
export { B, countWords, K1 } from "./bm25.js";
export { checkIds, failedDocuments } from "./documents.js";
export { createLifetime } from "./lifetime.js";
export { loadModels } from "./models.js";
export { ADD, FIRST_STAGES, LATER_STAGES, RETRIEVER, SEARCH, stagesToRun } from "./options.js";
export { checkScores, inTime } from "./rescore.js";
export { CANDIDATES, limitOf, loadRetrieverFor, weightsOf } from "./retriever.js";
export { ranksOf } from "./search.js";
export { wordsOf } from "./words.js";
