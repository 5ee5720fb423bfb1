import { BgeError } from "../api/errors.js";
import type { Dtype } from "../api/model.js";
import { dtypeByName, dtypeOf, layerOf } from "./graphs.js";

/** The precision of a graph that was named. */
export function precisionOf(file: string | undefined, model: string): Dtype | undefined {
  if (file === undefined) return undefined;
  const dtype = dtypeByName(file);
  if (dtype !== undefined) return dtype;
  throw new BgeError(
    "MODEL_MISMATCH",
    `The name of ${file} of ${model} does not tell its precision, on which it depends what texts may share a run. ` +
      'Pass it: { ..., file, dtype: "fp32" }, "fp16", or "int8" for all that is quantized to less.',
    { parameter: "dtype" },
  );
}

/** What was asked for. */
interface Asked {
  readonly dtype: Dtype;
  readonly layer?: number | undefined;
  /** The graph, where it was named. */
  readonly file?: string | undefined;
}

/** What there is in place of the graph that is not, and how to choose it. */
export function otherGraphs(
  graphs: readonly string[],
  reference: { readonly id: string } | { readonly directory: string },
  { dtype, layer, file }: Asked,
): string {
  const standard = file === undefined ? graphs.filter((path) => dtypeOf(path) !== undefined) : [];
  const dtypes = DTYPES.filter((other) => standard.some((path) => dtypeOf(path) === other && layerOf(path) === layer));
  const layers = new Set(standard.filter((path) => dtypeOf(path) === dtype).map(layerOf));
  const said: string[] = [];
  if (dtypes.length > 0) said.push(`it has dtype ${dtypes.join(", ")}`);
  else if (layer !== undefined && layers.size > 0) {
    const sorted = [...layers].filter((one) => one !== undefined).sort((a, b) => a - b);
    said.push(`it has cutoffLayer ${sorted.join(", ")}`);
  }
  const others = graphs.filter((path) => !standard.includes(path));
  if (others.length > 0) {
    const choice = JSON.stringify({ ...reference, file: others[0] });
    const shown = `${others.slice(0, MOST_NAMED).join(", ")}${others.length > MOST_NAMED ? ", ..." : ""}`;
    said.push(`it has ${shown}: choose by ${choice}`);
  }
  return said.length === 0 ? "" : ` (${said.join("; ")})`;
}

const DTYPES = ["fp32", "fp16", "int8"] as const;
/** Repositories with every quantization there is have two dozen. */
const MOST_NAMED = 30;
