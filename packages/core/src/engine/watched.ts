import { publish, startStopwatch, type WorkerEvent } from "../api/events.js";
import type { TracedModel } from "./call-trace.js";
import type { Isolation } from "./isolation.js";
import type { StartWorker } from "./worker-handle.js";

/** A kind of worker, and what starts one. */
export interface WorkerKind {
  readonly isolation: Isolation;
  readonly starter: StartWorker;
}

/** A starter of workers whose lives can be followed, each where `choose` says. */
export function watched(choose: () => WorkerKind, about: TracedModel): StartWorker {
  let lost = 0;
  return (start, events) => {
    const watch = startStopwatch();
    const { isolation, starter } = choose();
    const replacement = lost > 0;
    if (replacement) lost--;
    let stands = false;
    let closing = false;
    let cannotStart: string | undefined;
    const tell = (state: WorkerEvent["state"], reason?: string) =>
      publish("bge-js:worker", () => ({
        ...about,
        isolation,
        state,
        replacement,
        ageMs: watch.read().durationMs,
        ...(reason === undefined ? {} : { reason }),
      }));
    tell("started");
    const worker = starter(start, {
      onMessage(message) {
        if (message.type === "ready") {
          stands = true;
          tell("ready");
        } else if (message.type === "cannot-start") cannotStart = message.message;
        events.onMessage(message);
      },
      onEnd(how, cause) {
        if (closing) tell("ended");
        else {
          lost++;
          tell(stands ? "lost" : "failed", cannotStart ?? how);
        }
        events.onEnd(how, cause);
      },
    });
    return {
      hold: worker.hold,
      send(message) {
        closing ||= message.type === "close";
        worker.send(message);
      },
    };
  };
}
