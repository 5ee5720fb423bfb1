import { weightBytes } from "../places.js";
import type { WorkerStart } from "./messages.js";
import { type Engine, startEngine } from "./pool.js";
import { planThreads } from "./threads.js";

type Start = Omit<WorkerStart, "threads">;

interface Shared {
  readonly engine: Promise<Engine>;
  users: number;
}

const engines = new Map<string, Shared>();

/**
 * One engine for all who load the same file with the same threads: an embedder and the late-interaction reranker over it hold
 * the weights once. It ends with its last user.
 */
export async function shareEngine(
  start: Start,
  fingerprint: string,
  asked: { readonly threads?: number | undefined; readonly workers?: number | undefined },
): Promise<Engine> {
  const plan = planThreads(weightBytes(start.file), asked);
  const key = JSON.stringify([start, fingerprint, plan]);
  const shared = engines.get(key) ?? {
    engine: startEngine({ ...start, threads: plan.threadsPerWorker }, plan),
    users: 0,
  };
  engines.set(key, shared);
  shared.users++;
  const engine = await shared.engine.catch((error: unknown) => {
    if (engines.get(key) === shared) engines.delete(key);
    throw error;
  });
  let disposing: Promise<void> | undefined;
  async function leave(): Promise<void> {
    shared.users--;
    if (shared.users > 0) return;
    if (engines.get(key) === shared) engines.delete(key);
    await engine.dispose();
  }
  return { ...engine, dispose: () => (disposing ??= leave()) };
}
