import { sleep } from "../clock.js";
import type { Gate } from "../protocol.js";
import { createExitSet } from "./exit-set.js";

/**
 * onnxruntime-node ends the whole process ("terminate called after throwing an instance of 'Napi::Error'") if its
 * thread is stopped during a native call, by `process.exit()` or `worker.terminate()`. Always reproducible with 1.30.0.
 * So a thread flags when it is inside such a call, and whoever wants to stop it closes the gate and waits for the call
 * to end.
 */
const INSIDE = 0;
const CLOSED = 1;
/** At exit, a call that takes longer is not waited for. */
const LONGEST_WAIT_MS = 30_000;

export function createGate(): Gate {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Makes a native call and flags it, if the gate is open. Never settles once the gate is closed. Used by the worker. */
export async function throughGate<T>(gate: Gate, call: () => Promise<T>): Promise<T> {
  const closed = () => Atomics.load(gate, CLOSED) === 1;
  Atomics.store(gate, INSIDE, 1);
  try {
    // Flag first, then check: whoever closes the gate sees either nobody inside, or this call.
    if (!closed()) {
      const result = await call();
      if (!closed()) return result;
    }
  } finally {
    Atomics.store(gate, INSIDE, 0);
    Atomics.notify(gate, INSIDE);
  }
  return new Promise(() => {});
}

/** Closes the gate. Resolves once the thread is outside native code. */
export async function closeGate(gate: Gate): Promise<void> {
  Atomics.store(gate, CLOSED, 1);
  while (Atomics.load(gate, INSIDE) === 1) await sleep(2);
}

/** Makes process exit wait for the thread's native call. Returns a function that undoes this. */
export const guardExit = createExitSet<Gate>((gates) => {
  for (const gate of gates) Atomics.store(gate, CLOSED, 1);
  for (const gate of gates) Atomics.wait(gate, INSIDE, 1, LONGEST_WAIT_MS);
});
