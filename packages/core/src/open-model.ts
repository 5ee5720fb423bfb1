import type { LoadOptions } from "./api.js";
import type { Engine } from "./engine/pool.js";
import { shareEngine } from "./engine/shared.js";
import { KNOWN_INPUTS } from "./engine/tensors.js";
import { BgeError } from "./errors.js";
import { checkOptions } from "./options.js";
import { resolveModel } from "./resolve.js";
import type { ModelReference, ModelSource, ModelSpec } from "./spec.js";

/** A model whose files are open and agree with its facts. */
export interface OpenModel {
  readonly spec: ModelSpec;
  readonly source: ModelSource;
  readonly engine: Engine;
  readonly options: LoadOptions;
}

/** Resolves, opens and checks a model. `accept` throws for a spec that the caller cannot use, or options that do not fit it. */
export async function openModel(
  model: string | ModelReference | undefined,
  options: LoadOptions,
  accept: (spec: ModelSpec, options: LoadOptions) => void,
): Promise<OpenModel> {
  const checked = checkOptions(options);
  const { spec, source } = resolveModel(model, {
    dtype: checked.dtype,
    check: (found) => {
      accept(found, checked);
      refuseUnsupported(found);
    },
  });
  const { directory, file, fingerprint } = source;
  const { architecture } = spec;
  const engine = await shareEngine({ directory, file, architecture, output: outputOf(spec) }, fingerprint, checked);
  try {
    checkFiles(spec, engine.info, file);
  } catch (error) {
    await engine.dispose();
    throw error;
  }
  return { spec, source, engine, options: checked };
}

function refuseUnsupported(spec: ModelSpec): void {
  const needs = spec.needs ?? (spec.architecture === "qwen2" ? "last-token pooling of a decoder model" : undefined);
  if (needs === undefined) return;
  throw new BgeError("UNSUPPORTED_MODEL", `${spec.id} needs what this release does not have: ${needs}.`, {
    parameter: "model",
  });
}

function outputOf(spec: ModelSpec): string {
  return spec.output ?? (spec.kind === "embedding" ? "last_hidden_state" : "logits");
}

/** A wrong fact must fail here, never as wrong numbers. */
function checkFiles(spec: ModelSpec, info: Engine["info"], file: string): void {
  const { inputs, outputs, shape } = info;
  const unknown = inputs.filter((name) => !KNOWN_INPUTS.includes(name));
  if (unknown.length > 0)
    throw mismatch(file, `the graph wants inputs that ${spec.id} should not have: ${unknown.join(", ")}`);
  if (!inputs.includes("input_ids") || !inputs.includes("attention_mask")) {
    throw mismatch(file, `the graph's inputs are ${inputs.join(", ")}; input_ids and attention_mask are needed`);
  }
  const output = outputOf(spec);
  if (!outputs.includes(output)) {
    const other = outputs.includes("logits")
      ? "It looks like a reranker: see loadReranker."
      : "If one of them is the right one, pass it as `output`.";
    throw mismatch(file, `${spec.id} needs the output ${output}; the graph has ${outputs.join(", ")}. ${other}`);
  }
  if (spec.kind === "embedding" && (shape.length !== 3 || shape[2] !== spec.dimensions)) {
    throw mismatch(
      file,
      `output ${output} has shape [${shape.join(", ")}]; ${spec.id} needs [batch, tokens, ${spec.dimensions}]`,
    );
  }
  if (spec.kind === "reranker" && (shape.length !== 2 || shape[1] !== 1)) {
    throw mismatch(file, `output ${output} has shape [${shape.join(", ")}]; a reranker with one logit has [batch, 1]`);
  }
}

function mismatch(file: string, problem: string): BgeError {
  return new BgeError("MODEL_MISMATCH", `${file} does not fit the model's facts: ${problem}.`, { parameter: "model" });
}
