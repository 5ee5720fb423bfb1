import type { LoadOptions } from "./api.js";
import { logitOutput } from "./cross-encoder.js";
import type { Engine } from "./engine/pool.js";
import { shareEngine } from "./engine/shared.js";
import { BgeError } from "./errors.js";
import { checkInputs, checkLogits, checkOutputsOf } from "./graph-checks.js";
import { findOrPull } from "./hub/find-or-pull.js";
import { checkOptions } from "./options.js";
import { type NeededOutput, namedOutputs } from "./outputs.js";
import type { ModelReference, ModelSource, ModelSpec } from "./spec.js";

/** A model whose files are open and agree with its facts. */
export interface OpenModel {
  readonly spec: ModelSpec;
  readonly source: ModelSource;
  readonly engine: Engine;
  readonly options: LoadOptions;
}

/** What the caller of `openModel` does with the model. */
export interface Use {
  /** Throws for a spec that cannot be used so, or options that do not fit it. */
  readonly accept: (spec: ModelSpec, options: LoadOptions) => void;
  /** What an embedding model's graph must give. */
  readonly needs: (spec: ModelSpec, options: LoadOptions) => readonly NeededOutput[];
}

/** Resolves, opens and checks a model. */
export async function openModel(
  model: string | ModelReference | undefined,
  options: LoadOptions,
  { accept, needs }: Use,
): Promise<OpenModel> {
  const checked = checkOptions(options);
  const { spec, source } = await findOrPull(model, checked, (found) => {
    accept(found, checked);
    refuseUnsupported(found);
  });
  const { directory, file, fingerprint } = source;
  const { architecture, padding = "right" } = spec;
  const reads = spec.kind === "reranker" ? [logitOutput(spec)] : namedOutputs(spec);
  const prompt = spec.kind === "reranker" && spec.prompt !== undefined ? { prompt: spec.prompt } : {};
  const start = { directory, file, architecture, padding, reads, ...prompt };
  const { maxTokens = spec.defaultMaxTokens ?? spec.maxTokens } = checked;
  const engine = await shareEngine(start, fingerprint, { ...checked, maxTokens });
  try {
    checkInputs(spec, engine.info, file);
    if (spec.kind === "reranker") checkLogits(spec, engine.info, file);
    else checkOutputsOf(spec, engine.info, file, needs(spec, checked));
    checked.signal?.throwIfAborted();
  } catch (error) {
    await engine.dispose();
    throw error;
  }
  return { spec, source, engine, options: checked };
}

function refuseUnsupported({ id, needs }: ModelSpec): void {
  if (needs === undefined) return;
  throw new BgeError("UNSUPPORTED_MODEL", `${id} needs what this release does not have: ${needs}.`, {
    parameter: "model",
  });
}
