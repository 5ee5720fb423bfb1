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

/** One user's handle to an engine. */
export interface SharedEngine extends Engine {
  readonly about: TracedModel;
}

interface Shared {
  readonly engine: Promise<Engine>;
  /** The thread that warms up ONNX Runtime for it. */
  readonly warmed: WarmedUp | undefined;
  users: number;
}

/**
 * Opens an engine, or shares one that has the same file and thread plan: an embedder and the late-interaction reranker
 * over it hold the weights once. Each user gets its own handle: `dispose` ends that user's calls, and the last user's
 * `dispose` ends the engine.
 */
export async function shareEngine(
  start: Start,
  fingerprint: string,
  options: LoadOptions & { readonly maxTokens: number },
  about: TracedModel,
): Promise<SharedEngine> {
  // A device runs one batch at a time, and has memory for only one copy of the weights. So has most memory, of a vision language model.
  const single = start.device !== "cpu" || start.vision !== undefined;
  const { threads, maxTokens, workers = single ? 1 : undefined } = options;
  const pictures = start.images !== undefined;
  const planned = planThreads(weightBytes(start.file), { threads, workers, maxTokens, pictures });
  const plan = single ? { ...planned, loneThreads: planned.threadsPerWorker } : planned;
  const isolation = isolationOf(options.isolation);
  const engines = registry();
  const key = JSON.stringify([import.meta.url, start, fingerprint, plan, isolation]);
  const shared: Shared = engines.get(key) ?? {
    // Starts first because it takes as long as starting the first worker.
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
  const ended = () => new BgeError("DISPOSED", "The model was disposed. Load it again to continue.");

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
      const call = engine.open({
        maxQueuedTokens,
        ...settings,
        retryLost: settings?.retryLost ?? retryLost,
        onClose: (closed) => calls.delete(closed),
      });
      calls.add(call);
      return call;
    },
    dispose: () => (disposing ??= leave()),
  };
}

/**
 * Falls back to processes if the working folder is gone: Node cannot start a thread then, and a long-running server may
 * outlive its folder.
 */
function kindOf(isolation: Isolation): WorkerKind {
  if (isolation === "thread" && !isWorkingFolderGone()) return { isolation, starter: startThread };
  return { isolation: "process", starter: startProcess };
}

/**
 * Returns the engines of this process. They are held globally so that a test runner that reloads this module finds
 * them: otherwise every reload would open every model again. Another copy of the package has another URL, and therefore
 * its own engines.
 */
function registry(): Map<string, Shared> {
  const place = globalThis as { [key: symbol]: Map<string, Shared> | undefined };
  const key = Symbol.for("bge-js.engines.1");
  place[key] ??= new Map();
  return place[key];
}
