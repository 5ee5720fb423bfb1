/** `@bge-js/qdrant/adapter`: shared with @bge-js/ingest. Not for applications; it may change in any release. */
export { ask } from "./failures.js";
