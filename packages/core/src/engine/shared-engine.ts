import { BgeError } from "../api/errors.js";
import type { LoadOptions } from "../api/options.js";
import { weightBytes } from "../model/files.js";
import { isWorkingFolderGone } from "../model/working-folder.js";
import type { WorkerStart } from "../protocol.js";
import type { EngineCall } from "./call.js";
import type { TracedModel } from "./call-trace.js";
import { type Isolation, isolationOf } from "./isolation.js";
import { type Engine, startEngine } from "./pool.js";
import { planThreads } from "./thread-plan.js";
import { type WarmedUp, warmUp } from "./warm-up.js";
import { startProcess, startThread, type WorkerKind, watched } from "./workers.js";

type Start = Omit<WorkerStart, "threads" | "loneThreads">;

/** An engine as one of its users has it. */
export interface SharedEngine extends Engine {
  readonly about: TracedModel;
}

interface Shared {
  readonly engine: Promise<Engine>;
  /** The thread that warms up for it. */
  readonly warmed: WarmedUp | undefined;
  users: number;
}

/**
 * One engine for all who load the same file with the same threads: an embedder and the late-interaction reranker over it hold
 * the weights once. Each gets an end of its own: `dispose` ends that user's calls, and the engine with its last user.
 */
export async function shareEngine(
  start: Start,
  fingerprint: string,
  options: LoadOptions & { readonly maxTokens: number },
  about: TracedModel,
): Promise<SharedEngine> {
  // A device takes one run after the other, and has room for the weights once.
  const { threads, maxTokens, workers = start.device === "cpu" ? undefined : 1 } = options;
  const planned = planThreads(weightBytes(start.file), { threads, workers, maxTokens });
  const plan = start.device === "cpu" ? planned : { ...planned, loneThreads: planned.threadsPerWorker };
  const isolation = isolationOf(options.isolation);
  const engines = registry();
  const key = JSON.stringify([import.meta.url, start, fingerprint, plan, isolation]);
  const shared: Shared = engines.get(key) ?? {
    // First of all, for it takes as long as the first worker's start.
    warmed: isolation === "thread" ? warmUp() : undefined,
    engine: startEngine(
      { ...start, threads: plan.threadsPerWorker, loneThreads: plan.loneThreads },
      plan,
      watched(() => kindOf(isolation), about),
    ),
    users: 0,
  };
  engines.set(key, shared);
  shared.users++;
  const engine = await shared.engine.catch((error: unknown) => {
    if (engines.get(key) === shared) engines.delete(key);
    throw error;
  });

  const { maxQueuedTokens, retryLost } = options;
  const calls = new Set<EngineCall>();
  let disposing: Promise<void> | undefined;
  const ended = () => new BgeError("DISPOSED", "The model was disposed. Load it again to go on.");

  async function leave(): Promise<void> {
    for (const call of calls) call.close(ended());
    shared.users--;
    if (shared.users > 0) return;
    if (engines.get(key) === shared) engines.delete(key);
    await engine.dispose();
    await shared.warmed?.();
  }

  return {
    about,
    info: engine.info,
    open(settings) {
      if (disposing !== undefined) throw ended();
      const call = engine.open({ maxQueuedTokens, retryLost, ...settings, onClose: (closed) => calls.delete(closed) });
      calls.add(call);
      return call;
    },
    dispose: () => (disposing ??= leave()),
  };
}

/** Node starts no thread without a working folder; a server may go on long after its folder was replaced. */
function kindOf(isolation: Isolation): WorkerKind {
  if (isolation === "thread" && !isWorkingFolderGone()) return { isolation, starter: startThread };
  return { isolation: "process", starter: startProcess };
}

/**
 * The engines of this process, held where a test runner that loads this module anew finds them again: else every reload would
 * open every model once more. Another copy of the package has another address, and so engines of its own.
 */
function registry(): Map<string, Shared> {
  const place = globalThis as { [key: symbol]: Map<string, Shared> | undefined };
  const key = Symbol.for("bge-js.engines.1");
  place[key] ??= new Map();
  return place[key];
}
