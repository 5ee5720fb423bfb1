import type { ConnectionOptions } from "bullmq";
import type {
  AnyDocument,
  DocumentSource,
  FailedDocument,
  IngestDocument,
  IngestOptions,
  IngestRecipe,
} from "../api.js";

export interface IngestQueueOptions {
  /** Redis or Valkey, as BullMQ takes it: `{ host, port }`, `{ url }` or a client of `ioredis`, which is not closed. */
  readonly connection: ConnectionOptions;
  /** Name of the queue, the same in all processes. Without a colon. @default "bge-ingest" */
  readonly name?: string;
  /** Prefix of all its keys. @default "bull" */
  readonly prefix?: string;
}

/** How far a run is. */
export interface QueueProgress {
  /** Documents drawn from the source. */
  readonly documents: number;
  /** Documents given to the workers. */
  readonly queued: number;
  /** Documents that were stored already, exactly so, or wait for a worker already. */
  readonly unchanged: number;
  /** Documents that workers have finished since the run began. */
  readonly done: number;
  /** Documents in the queue or with a worker, those to be tried again included. */
  readonly pending: number;
  /** Documents set aside, those of earlier runs included. */
  readonly failed: number;
  /** Documents that workers have finished in a second, over the last ten seconds or so. */
  readonly perSecond: number;
}

export interface QueueIngestOptions<D extends IngestDocument = AnyDocument>
  extends Partial<IngestRecipe<D>>,
    Pick<IngestOptions<D>, "prune" | "signal" | "onFailed"> {
  /**
   * Most documents that wait in the queue; the source is not drawn from meanwhile. They take at most 64 million characters too.
   * @default 1,000
   */
  readonly maxWaiting?: number;
  /** Called about once a second, and at the end. An error it throws aborts the call. */
  readonly onProgress?: (progress: QueueProgress) => void;
}

export interface QueueReport {
  readonly documents: number;
  readonly queued: number;
  readonly unchanged: number;
  readonly failed: number;
  /** Documents removed by `prune`. */
  readonly removed: number;
}

export interface WorkOptions<D extends IngestDocument = AnyDocument> extends IngestRecipe<D> {
  /** Most documents that this worker has at once. Those that come together are embedded together. @default 128 */
  readonly concurrency?: number;
  /** A worker that has not been heard of for so many milliseconds is given up, and others take over its documents. @default 30,000 */
  readonly stalledAfterMs?: number;
  /** Called for errors that are not a document's own: of the connection, or of a store; what they hit is tried again. @default a process warning for each message, once */
  readonly onError?: (error: Error) => void;
}

/** A worker in this process. */
export interface IngestWorker extends AsyncDisposable {
  /** Takes no more documents, and resolves when those it has are done. */
  dispose(): Promise<void>;
}

export interface QueueStatus {
  readonly waiting: number;
  /** With a worker. */
  readonly active: number;
  /** Documents that are tried again after a pause, because a store or a model was not there. */
  readonly retrying: number;
  /** Documents set aside with their error. */
  readonly failed: number;
  /** Documents finished since the queue was made. */
  readonly done: number;
  /** Documents that all workers together have finished in a second, over the last minute or two. */
  readonly perSecond: number;
}

/** A document that was set aside. */
export interface QueueFailure extends FailedDocument {
  readonly id: string;
  readonly document: AnyDocument;
}

/** A queue in Redis, by BullMQ, between one process that has documents and many that ingest them. */
export interface IngestQueue extends AsyncDisposable {
  readonly name: string;
  /**
   * Gives documents to the workers, no faster than these are, and resolves when all are done. May be called again after a crash
   * of any process. With a `store`, the recipe is that of the workers: what is stored already is then not queued. One call at a
   * time for each queue.
   *
   * @throws BgeError as `ingest`; `STORE_FAILED` if the queue has lost documents
   */
  ingest<D extends IngestDocument = AnyDocument>(
    documents: DocumentSource<D>,
    options?: QueueIngestOptions<D>,
  ): Promise<QueueReport>;
  /**
   * Starts a worker in this process.
   *
   * @throws BgeError `INVALID_OPTION`; `STORE_MISMATCH`, `STORE_FAILED` by the store
   */
  work<D extends IngestDocument = AnyDocument>(options: WorkOptions<D>): Promise<IngestWorker>;
  /** How far the queue is and how fast, from any process. */
  status(): Promise<QueueStatus>;
  /**
   * The same in Prometheus' text format, as BullMQ exports it: `bullmq_job_count` by `state` (`waiting`, `active`, `delayed` for what
   * is tried again, `failed`, ...), `bullmq_job_completed_total` and `bullmq_job_failed_total`, each with the label `queue`.
   */
  metrics(): Promise<string>;
  /** The documents that were set aside, with their errors. */
  failed(): AsyncIterable<QueueFailure>;
  /** Gives the documents that were set aside to the workers again, and resolves to their number. */
  retryFailed(): Promise<number>;
  /** Closes the connection; workers have their own. Documents stay in the queue. */
  dispose(): Promise<void>;
}
