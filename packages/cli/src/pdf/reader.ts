import { Worker } from "node:worker_threads";
import { abortable, clearTimeout, plugNPlayFlags, setTimeout } from "@bge-js/core/adapter";
import type { PdfAnswer, PdfLimits, PdfPage, PdfRequest } from "./messages.js";

/** A PDF cannot be read, with the reason, as what follows its name. Unless it is late, it will be the same another time. */
export class UnreadablePdf extends Error {}

/** It takes too long here and now. */
export class LatePdf extends UnreadablePdf {}

export interface PdfReader extends AsyncDisposable {
  /**
   * Reads pages of a document, by default all, in a thread of its own; one document at a time. The signal ends the work, and
   * the wait for the documents before.
   * @param document its bytes, or what reads them when it is its turn, so that of those that wait none is in memory
   * @throws UnreadablePdf
   */
  read(
    document: Uint8Array | (() => Promise<Uint8Array>),
    pages: PageRange | undefined,
    signal: AbortSignal,
  ): Promise<PdfPage[]>;
}

/** From 1. Pages behind the last are left out. */
export interface PageRange {
  readonly from: number;
  readonly to: number;
}

/** A file of 5,000 pages takes some 15 seconds and 100 MB. */
const LIMITS: PdfLimits = { memoryBytes: 512e6, ms: 120_000, idleMs: 3000, pages: 50_000, characters: 32_000_000 };
/** For the text on its way, in MB. */
const OTHER_MEMORY = 256;

/** A request in work. */
interface Pending {
  readonly pages: PdfPage[];
  resolve(): void;
  reject(error: Error): void;
}

/** Creates a reader. Its thread starts with the first document, and does not keep the process alive between documents. */
export function createPdfReader(limits: Partial<PdfLimits> = {}): PdfReader {
  const own: PdfLimits = { ...LIMITS, ...limits };
  let thread: Worker | undefined;
  let pending: Pending | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let isDisposed = false;

  function start(): Worker {
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      name: "bge-pdf",
      workerData: own,
      execArgv: plugNPlayFlags(),
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: OTHER_MEMORY },
    });
    /** An earlier thread may still be ending: that is nothing to the work of this one. */
    const mine = () => (worker === thread ? pending : undefined);
    worker.on("message", (answer: PdfAnswer) => {
      if ("page" in answer) mine()?.pages.push(answer.page);
      else if ("problem" in answer) mine()?.reject(new UnreadablePdf(answer.problem));
      else mine()?.resolve();
    });
    worker.on("error", (error: NodeJS.ErrnoException) => {
      const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      mine()?.reject(isMemory ? new UnreadablePdf(`needs more than ${OTHER_MEMORY} MB for its text`) : error);
    });
    worker.on("exit", () => mine()?.reject(ended()));
    return worker;
  }

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    await ending?.terminate();
  }

  async function readNext(
    document: Parameters<PdfReader["read"]>[0],
    { from, to }: PageRange,
    signal: AbortSignal,
  ): Promise<PdfPage[]> {
    signal.throwIfAborted();
    const bytes = document instanceof Uint8Array ? document : await document();
    signal.throwIfAborted();
    if (isDisposed) throw ended();
    clearTimeout(idle);
    thread ??= start();
    const worker = thread;
    worker.ref();
    const request: PdfRequest = { bytes: owned(bytes), from, to };
    worker.postMessage(request, [request.bytes.buffer]);
    const pages: PdfPage[] = [];
    let timer: NodeJS.Timeout | undefined;
    try {
      await abortable(signal)(
        new Promise<void>((resolve, reject) => {
          pending = { pages, resolve, reject };
          const late = () => new LatePdf(`was given up after ${own.ms / 1000} s, at page ${from + pages.length}`);
          timer = setTimeout(() => reject(late()), own.ms);
        }),
      );
    } catch (error) {
      pending = undefined;
      // Whatever the thread is at, it is not wanted any more, or not to be trusted.
      await end();
      throw error;
    } finally {
      pending = undefined;
      clearTimeout(timer);
    }
    worker.unref();
    idle = setTimeout(() => void end(), own.idleMs).unref();
    return pages;
  }

  return {
    async read(document, pages = { from: 1, to: Number.MAX_SAFE_INTEGER }, signal) {
      const orAbort = abortable(signal);
      const turn = last.then(() => readNext(document, pages, signal));
      last = turn.catch(() => {});
      return orAbort(turn);
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      pending?.reject(ended());
      await end();
    },
  };
}

function ended(): Error {
  return new Error("the thread that reads PDFs has ended");
}

/** Memory that can be handed over: what is a part of a larger one is copied. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}
