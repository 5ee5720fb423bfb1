import { BgeError } from "../api/errors.js";
import type { EmbeddingSpec, ModelSource, ModelSpec, RerankerSpec } from "../api/model.js";
import type { ModelInfo } from "../protocol.js";
import { GRID_INPUT, KNOWN_INPUTS, LANGUAGE_INPUTS } from "../protocol.js";
import { mainOutput, type NeededOutput } from "../run/outputs.js";
import { logitOutput } from "../scoring/cross-encoder.js";

/** Checks the graph's inputs: a wrong fact must fail at load, never return wrong numbers. */
export function checkInputs(spec: ModelSpec, { inputs }: ModelInfo, { file, batching }: ModelSource): void {
  const { known, needed, why = "" } = inputsOf(spec, batching);
  const unknown = inputs.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw mismatch(file, `the graph has inputs that bge-js cannot provide for ${spec.id}: ${unknown.join(", ")}`);
  if (needed.every((name) => inputs.includes(name))) return;
  throw mismatch(file, `the graph's inputs are ${inputs.join(", ")}, but it needs ${needed.join(" and ")}${why}`);
}

function inputsOf(
  spec: ModelSpec,
  batching: ModelSource["batching"],
): { readonly known: readonly string[]; readonly needed: readonly string[]; readonly why?: string } {
  if (spec.kind === "embedding" && spec.vision !== undefined) {
    const needed = spec.architecture === "qwen2_5_vl" ? [...LANGUAGE_INPUTS, GRID_INPUT] : LANGUAGE_INPUTS;
    return { known: needed, needed };
  }
  if (batching !== "padded") return { known: KNOWN_INPUTS, needed: ["input_ids"] };
  const why = ", since texts are padded unless bge.json sets `batching`";
  return { known: KNOWN_INPUTS, needed: ["input_ids", "attention_mask"], why };
}

export function checkLogits(spec: RerankerSpec, info: ModelInfo, file: string): void {
  const output = logitOutput(spec);
  const shape = shapeOf(spec, info, file, output);
  if (shape.length === 2 && shape[1] === 1) return;
  throw mismatch(
    file,
    `output ${output} has shape [${shape.join(", ")}], but a reranker with one logit has [batch, 1]`,
  );
}

/** Checks that each needed output is in the graph and has the right shape. */
export function checkOutputsOf(
  spec: EmbeddingSpec,
  info: ModelInfo,
  file: string,
  needed: readonly NeededOutput[],
): void {
  for (const need of needed) {
    const { output, forms } = formsOf(spec, info.probe.tokens, need);
    if (output === undefined) throw mismatch(file, `no ${need} output of ${spec.id} is known. ${HEADS}`);
    const shape = shapeOf(spec, info, file, output);
    if (forms.some((form) => `${form}` === `${shape.slice(1)}`)) continue;
    const wanted = forms.map((form) => `[batch, ${form.join(", ")}]`).join(" or ");
    throw mismatch(
      file,
      `output ${output} has shape [${shape.join(", ")}] for ${info.probe.tokens} tokens, but ${spec.id} needs ${wanted}`,
    );
  }
}

/** Returns an output's name and the shapes it may have, without the batch dimension, for a text of `tokens` tokens. */
function formsOf(
  spec: EmbeddingSpec,
  tokens: number,
  need: NeededOutput,
): { readonly output: string | undefined; readonly forms: readonly (readonly number[])[] } {
  const { dimensions, sparseOutput, multiVectorOutput } = spec;
  const hidden = [tokens, dimensions];
  switch (need) {
    case "dense":
      return { output: mainOutput(spec), forms: [hidden, [dimensions]] };
    case "hidden":
      return { output: mainOutput(spec), forms: [hidden] };
    case "sparse":
      return { output: sparseOutput, forms: [[tokens], [tokens, 1]] };
    case "multiVector":
      return { output: multiVectorOutput, forms: [[tokens - 1, dimensions]] };
  }
}

function shapeOf(spec: ModelSpec, { outputs, probe }: ModelInfo, file: string, output: string): readonly number[] {
  const shape = probe.shapes[output];
  if (shape !== undefined) return shape;
  const other =
    spec.kind === "embedding" && outputs.includes("logits")
      ? "It looks like a reranker; use loadReranker"
      : spec.kind === "embedding" && output !== mainOutput(spec)
        ? HEADS
        : "If one of these is right, pass it as `output`";
  throw mismatch(file, `${spec.id} needs the output ${output}, but the graph has ${outputs.join(", ")}. ${other}`);
}

const HEADS =
  "For bge-m3, tools/export in the bge-js repository writes an ONNX file with these heads and a bge.json with their names";

function mismatch(file: string, problem: string): BgeError {
  return new BgeError("MODEL_MISMATCH", `${file} does not fit the model's facts: ${problem}.`, { parameter: "model" });
}
