export type {
  AnyDocument,
  Chunk,
  ChunkedDocument,
  ChunkFunction,
  DocumentSource,
  FailedDocument,
  GivenChunk,
  IngestDocument,
  IngestOptions,
  IngestProgress,
  IngestRecipe,
  IngestReport,
  IngestStore,
  StoreCallOptions,
} from "./api.js";
export { ingest } from "./ingest.js";
export { type PostgresRowsOptions, postgresRows } from "./stores/postgres-rows.js";
export { type PostgresOptions, type PostgresQuery, postgresStore } from "./stores/postgres-store.js";
export { retrieverStore } from "./stores/retriever-store.js";
