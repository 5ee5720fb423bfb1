import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
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
  const { receive, onMessage } = inbox();
  // At once: Deno drops a message that nobody listens for.
  port.on("message", receive);
  return {
    data: workerData as WorkerData,
    send: (message, transfer = []) => port.postMessage(message, transfer),
    onMessage,
    close: () => closePort(port),
  };
}

/** In Deno a port has no `close`; once nothing holds it, the thread ends as well. */
function closePort(port: Pick<MessagePort, "unref"> & Partial<Pick<MessagePort, "close">>): void {
  if (port.close !== undefined) port.close();
  else port.unref();
}

function processSide(): WorkerSide {
  const { receive, onMessage } = inbox();
  process.on("message", receive);
  let sent = Promise.resolve();
  return {
    // A process is never stopped inside a native call, so its gate stays open.
    data: { ...(JSON.parse(process.argv[2]!) as WorkerStart), gate: createGate() },
    send(message) {
      sent = new Promise((resolve) => {
        process.send!(message, undefined, undefined, () => resolve());
      });
    },
    onMessage,
    close: () => void sent.then(() => process.disconnect()),
  };
}

/** Keeps messages until there is a receiver. */
function inbox(): { receive(message: ToWorker): void; onMessage: WorkerSide["onMessage"] } {
  const early: ToWorker[] = [];
  let receiver = (message: ToWorker): void => void early.push(message);
  return {
    receive: (message) => receiver(message),
    onMessage(receive) {
      receiver = receive;
      for (const message of early.splice(0)) receive(message);
    },
  };
}
