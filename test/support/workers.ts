import { ChildProcess } from "node:child_process";
import type { Worker } from "node:worker_threads";
import type { Embedder } from "@bge-js/core";
import { expect, onTestFinished } from "vitest";

export const ISOLATIONS = ["thread", "process"] as const;

/** A worker of either kind. */
export interface LiveWorker {
  kill(): Promise<void>;
}

/** What the pool sends to a worker, as far as tests look at it. */
export interface Posted {
  readonly type: string;
  readonly lone?: true;
  readonly text?: string;
  readonly texts?: readonly string[];
  readonly encoding?: { readonly form: string };
  readonly heads?: readonly { readonly type: string }[];
  readonly rows?: { readonly ids: Int32Array; readonly lengths: Int32Array };
}

/** Every worker that is alive in this process, thread or child; how many have ever been started. */
export const live = new Set<LiveWorker>();
export const started = { count: 0 };
/** Sees each message before its worker does; `true` keeps it from the worker. */
export const onPost = new Set<(message: Posted, worker: LiveWorker) => boolean | undefined>();

/** What is sent to workers from now on, until the test ends. */
export function watched(): Posted[] {
  const posts: Posted[] = [];
  const listener = (message: Posted) => {
    posts.push(message);
    return undefined;
  };
  onPost.add(listener);
  onTestFinished(() => void onPost.delete(listener));
  return posts;
}

export async function killAll(): Promise<void> {
  await Promise.all([...live].map((worker) => worker.kill()));
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A worker dies before it reads work that holds `poison`: the text in work of these types, or these token ids in a run. */
export function killedBy(poison: string, types: readonly string[], ids: readonly number[]) {
  const sequence = `,${ids.join()},`;
  const deaths = { count: 0 };
  onPost.add(({ type, text, texts, rows }, worker) => {
    const read = text?.includes(poison) || texts?.some((one) => one.includes(poison));
    const isIn = rows && ids.length > 0 && `,${rows.ids.join()},`.includes(sequence);
    if (!types.includes(type) || !(read || isIn)) return false;
    deaths.count++;
    void worker.kill();
    return true;
  });
  return deaths;
}

/** Token ids of a text, as they are sent to a worker. */
export async function idsOf(model: Embedder, text: string): Promise<readonly number[]> {
  let ids: number[] = [];
  const listener = ({ rows }: Posted) => {
    if (rows !== undefined && ids.length === 0) ids = [...rows.ids.subarray(1, rows.lengths[0]! - 1)];
    return false;
  };
  onPost.add(listener);
  await model.embedDocuments([text, text]);
  onPost.delete(listener);
  expect(ids.length).toBeGreaterThan(5);
  return ids;
}

type Posting = Worker | ChildProcess;

function track(of: Posting, method: "postMessage" | "send", end: () => void): void {
  const exit = new Promise<void>((resolve) => of.once("exit", () => resolve()));
  const worker: LiveWorker = {
    async kill() {
      end();
      await exit;
      // What the pool hears behind the exit has been heard.
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
  const target = of as unknown as Record<string, (...args: unknown[]) => unknown>;
  const post = target[method]!.bind(of);
  target[method] = (...args) => {
    const kept = [...onPost].map((listener) => listener(args[0] as Posted, worker));
    return kept.includes(true) ? undefined : post(...args);
  };
  live.add(worker);
  started.count++;
  of.once("exit", () => live.delete(worker));
}

process.on("worker", (worker) => track(worker, "postMessage", () => void worker.terminate()));

// Node tells of threads, not of children; each goes through this method.
const prototype = ChildProcess.prototype as unknown as { spawn(options: unknown): unknown };
const spawn = prototype.spawn;
prototype.spawn = function (this: ChildProcess, options: unknown) {
  const result = spawn.call(this, options);
  // Not the programs that a test runs.
  if (typeof this.send === "function") track(this, "send", () => this.kill("SIGKILL"));
  return result;
};
