import { sleep } from "../clock.js";
import type { Gate } from "../protocol.js";

/**
 * onnxruntime-node ends the whole process ("terminate called after throwing an instance of 'Napi::Error'") when its thread is
 * stopped in the middle of a native call: at `process.exit()`, or by `worker.terminate()`. Seen with 1.30.0, every time. So a
 * thread says when it is inside such a call, and whoever wants to stop it closes the gate and waits for that call to end.
 */
const INSIDE = 0;
const CLOSED = 1;
/** A call that takes longer is not waited for at exit. */
const LONGEST_WAIT_MS = 30_000;

export function createGate(): Gate {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** For the worker: makes native calls while the gate is open, and says so. Behind a closed gate nothing is ever answered. */
export async function throughGate<T>(gate: Gate, call: () => Promise<T>): Promise<T> {
  const closed = () => Atomics.load(gate, CLOSED) === 1;
  Atomics.store(gate, INSIDE, 1);
  try {
    // Said first, then looked: whoever closes the gate now sees either nobody inside or this call.
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

/** Lets no further call in, and resolves once the thread is outside. */
export async function closeGate(gate: Gate): Promise<void> {
  Atomics.store(gate, CLOSED, 1);
  while (Atomics.load(gate, INSIDE) === 1) await sleep(2);
}

const open = new Set<Gate>();

/** While registered, the end of the process waits for the thread's native call. */
export function guardExit(gate: Gate): () => void {
  if (open.size === 0) process.on("exit", closeAllNow);
  open.add(gate);
  return () => {
    open.delete(gate);
    if (open.size === 0) process.off("exit", closeAllNow);
  };
}

function closeAllNow(): void {
  for (const gate of open) Atomics.store(gate, CLOSED, 1);
  for (const gate of open) Atomics.wait(gate, INSIDE, 1, LONGEST_WAIT_MS);
}
