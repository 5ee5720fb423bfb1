import type { EmbeddingOutput, RecordOutput, TextEmbedding } from "../api/embedding.js";
import { BgeError, invalid } from "../api/errors.js";
import type { EmbeddingSpec } from "../api/model.js";
import type { Precision, QuantizationRanges } from "../api/quantization.js";
import type { Head } from "../protocol.js";
import { PRECISIONS, quantizer } from "../vectors/quantize.js";
import { checkRanges, hasRanges } from "../vectors/ranges.js";
import { checkOutputs, headsOf, MODEL_OUTPUTS, toEmbedding } from "./outputs.js";
import type { FinishedText } from "./results.js";

/** How the records of a call are made. */
export interface RecordPlan {
  readonly heads: readonly Head[];
  readonly toRecord: (result: FinishedText) => TextEmbedding;
}

interface RecordFacts {
  readonly spec: EmbeddingSpec;
  readonly dimensions: number;
  /** Whether it is known how many tokens a text has. */
  readonly counts: boolean;
}

const NAMES: readonly RecordOutput[] = [...MODEL_OUTPUTS, ...PRECISIONS, "tokenCount"];
const isOfModel = (output: RecordOutput) => MODEL_OUTPUTS.includes(output as EmbeddingOutput);
const isPrecision = (output: RecordOutput) => PRECISIONS.includes(output as Precision);

/** Plans a record with exactly the requested outputs: what the model has to give, and what is made of that. */
export function planRecord(
  { spec, dimensions, counts }: RecordFacts,
  outputs: readonly RecordOutput[],
  ranges?: QuantizationRanges,
): RecordPlan {
  checkNames(outputs);
  const precisions = outputs.filter(isPrecision) as Precision[];
  checkRanges(precisions, ranges, dimensions);
  const wanted = outputs.filter(isOfModel) as EmbeddingOutput[];
  const counted = outputs.includes("tokenCount");
  if (counted && !counts) {
    const problem =
      "A server does not say how many tokens it read, so there is no tokenCount output; countTokens asks it.";
    throw new BgeError("MODEL_MISMATCH", problem, { parameter: "outputs" });
  }
  const needed = precisions.length > 0 && !wanted.includes("dense") ? [...wanted, "dense" as const] : wanted;
  if (needed.length === 0)
    throw invalid("outputs", "has tokenCount alone, for which countTokens does not run the model");
  checkOutputs(spec, needed);
  const heads = headsOf(spec, needed, dimensions);
  const quantizers = precisions.map((precision) => ({
    precision,
    quantized: quantizer(precision, hasRanges(precision) ? ranges : undefined),
  }));
  const toRecord = ({ data, kept, tokens }: FinishedText): TextEmbedding => {
    const { dense, ...others } = toEmbedding(data, kept, needed, heads);
    return {
      ...(wanted.includes("dense") && { dense: dense! }),
      ...others,
      ...Object.fromEntries(quantizers.map(({ precision, quantized }) => [precision, quantized(dense!)])),
      ...(counted && { tokenCount: tokens }),
    };
  };
  return { heads, toRecord };
}

function checkNames(outputs: readonly RecordOutput[]): void {
  const named = Array.isArray(outputs) && outputs.length > 0 && outputs.every((output) => NAMES.includes(output));
  if (named && new Set(outputs).size === outputs.length) return;
  throw invalid("outputs", `must be a non-empty list of distinct outputs out of ${NAMES.join(", ")}`);
}
