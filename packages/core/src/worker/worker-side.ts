import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { createGate } from "../engine/native-gate.js";
import type { FromWorker, ToWorker, WorkerData, WorkerStart } from "../protocol.js";

/** A worker's own end of its link to the pool. */
export interface WorkerSide {
  readonly data: WorkerData;
  /** `transfer`: buffers that are moved where they can be. */
  send(message: FromWorker, transfer?: ArrayBuffer[]): void;
  /** Messages that came before are kept for it. */
  onMessage(receive: (message: ToWorker) => void): void;
  /** What has been sent arrives; then the worker ends by itself. */
  close(): void;
}

/** The side of a worker thread, or of a worker process. */
export function workerSide(): WorkerSide {
  return isMainThread ? processSide() : threadSide();
}

function threadSide(): WorkerSide {
  const port = parentPort!;
  return {
    data: workerData as WorkerData,
    send: (message, transfer = []) => port.postMessage(message, transfer),
    onMessage: (receive) => port.on("message", receive),
    close: () => port.close(),
  };
}

function processSide(): WorkerSide {
  const early: ToWorker[] = [];
  let receive = (message: ToWorker): void => void early.push(message);
  process.on("message", (message: ToWorker) => receive(message));
  let sent = Promise.resolve();
  return {
    // Nobody stops a process inside a native call, so its gate stays open.
    data: { ...(JSON.parse(process.argv[2]!) as WorkerStart), gate: createGate() },
    send(message) {
      sent = new Promise((resolve) => {
        process.send!(message, undefined, undefined, () => resolve());
      });
    },
    onMessage(receiver) {
      receive = receiver;
      for (const message of early.splice(0)) receive(message);
    },
    close: () => void sent.then(() => process.disconnect()),
  };
}
