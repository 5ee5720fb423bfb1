import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { createGate } from "../engine/native-gate.js";
import type { FromWorker, ToWorker, WorkerData, WorkerStart } from "../protocol.js";

/** The worker's end of its link to the pool. */
export interface WorkerSide {
  readonly data: WorkerData;
  /** Sends a message. Moves the buffers in `transfer` if possible. */
  send(message: FromWorker, transfer?: ArrayBuffer[]): void;
  /** Sets the receiver, which also gets earlier messages. */
  onMessage(receive: (message: ToWorker) => void): void;
  /** Closes the link once all messages have been sent. The worker then ends by itself. */
  close(): void;
}

/** Returns the link of a worker thread or worker process. */
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
    // A process is never stopped inside a native call, so its gate stays open.
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
