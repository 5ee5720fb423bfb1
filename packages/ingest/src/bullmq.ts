export type {
  IngestQueue,
  IngestQueueOptions,
  IngestWorker,
  QueueFailure,
  QueueIngestOptions,
  QueueProgress,
  QueueReport,
  QueueStatus,
  WorkOptions,
} from "./queue/api.js";
export { openIngestQueue } from "./queue/open.js";
