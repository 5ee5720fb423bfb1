/** The entry of `warmUp`'s thread. */
import { workerData } from "node:worker_threads";
import { throughGate } from "../engine/native-gate.js";
import type { NativeThreadData } from "../protocol.js";
import { loadRuntime } from "./runtime.js";
import { tinyGraph } from "./tiny-graph.js";

const { gate } = workerData as NativeThreadData;

async function openAndRelease(): Promise<void> {
  const { InferenceSession } = await throughGate(gate, loadRuntime);
  const session = await throughGate(gate, () =>
    InferenceSession.create(tinyGraph(), { intraOpNumThreads: 1, logSeverityLevel: 4 }),
  );
  await throughGate(gate, () => session.release());
}

void openAndRelease();
