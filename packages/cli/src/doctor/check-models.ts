import { BgeError, type BgeEvents, loadEmbedder, loadReranker, onEvent, verifyModel } from "@bge-js/core";
import { monotonic } from "@bge-js/core/adapter";
import type { ListedModel } from "../commands/models.js";
import { withoutPaths } from "./redact.js";

export interface ModelCheck {
  readonly id: string;
  readonly from: ListedModel["from"];
  readonly dtypes: readonly string[];
  readonly bytes: number;
  /** Of a model in the cache: its files against the hub's hashes. Those of packages are npm's. */
  readonly files?: "ok" | "damaged" | "unchecked";
  /** Of a package, which carries texts with the vectors or logits that this machine must come to. */
  readonly canary?: Pick<BgeEvents["bge-js:canary"], "verdict" | "worst" | "expected">;
  readonly loadMs?: number;
  /** What is wrong. */
  readonly problem?: string;
}

/** Verifies a cached model's files, or loads a packaged model and compares its canaries. */
export async function checkModel(model: ListedModel, signal: AbortSignal): Promise<ModelCheck> {
  const { id, from, dtypes, bytes } = model;
  const about = { id, from, dtypes, bytes };
  try {
    return { ...about, ...(from === "cache" ? await verified(id, signal) : await loaded(model, signal)) };
  } catch (error) {
    if (!(error instanceof BgeError)) throw error;
    return { ...about, problem: withoutPaths(`${error.code}: ${error.message}`) };
  }
}

async function verified(id: string, signal: AbortSignal): Promise<Pick<ModelCheck, "files" | "problem">> {
  const { ok, files } = await verifyModel(id, { signal });
  const bad = files.filter(({ status }) => status === "damaged" || status === "missing");
  const names = bad.map(({ file, status }) => `${file} is ${status}`).join(", ");
  if (!ok) return { files: "damaged", problem: `${names}; bge pull --verify ${id} repairs it` };
  return { files: files.every(({ status }) => status === "unchecked") ? "unchecked" : "ok" };
}

async function loaded(
  { id, kind }: ListedModel,
  signal: AbortSignal,
): Promise<Pick<ModelCheck, "canary" | "loadMs" | "problem">> {
  let canary: ModelCheck["canary"];
  const stop = onEvent("bge-js:canary", ({ verdict, worst, expected }) => {
    canary = { verdict, worst, ...(expected !== undefined && { expected }) };
  });
  const start = monotonic();
  try {
    const options = { signal, download: false };
    const opened = kind === "embedding" ? await loadEmbedder(id, options) : await loadReranker(id, options);
    const loadMs = monotonic() - start;
    await opened.dispose();
    const problem =
      canary?.verdict === "warn" ? "its numbers differ from fp32's more than they should on this processor" : undefined;
    return { ...(canary && { canary }), loadMs, ...(problem !== undefined && { problem }) };
  } finally {
    stop();
  }
}
