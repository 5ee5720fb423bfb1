import { BgeError } from "../api/errors.js";
import type { Dtype } from "../api/model.js";
import { dtypeByName, dtypeOf, layerOf } from "./graphs.js";

/** Returns the precision of a graph chosen by name. @throws BgeError `MODEL_MISMATCH` */
export function precisionOf(file: string | undefined, model: string): Dtype | undefined {
  if (file === undefined) return undefined;
  const dtype = dtypeByName(file);
  if (dtype !== undefined) return dtype;
  throw new BgeError(
    "MODEL_MISMATCH",
    `The name of ${file} of ${model} does not tell its precision, which decides what texts may share a run. ` +
      'Pass it: { ..., file, dtype: "fp32" }, "fp16", or "int8" for anything quantized further.',
    { parameter: "dtype" },
  );
}

/** The requested graph. */
interface Asked {
  readonly dtype: Dtype;
  readonly layer?: number | undefined;
  /** The graph, if chosen by name. */
  readonly file?: string | undefined;
}

/** Describes the graphs there are instead of a missing one, and how to choose one. */
export function otherGraphs(
  graphs: readonly string[],
  reference: { readonly id: string } | { readonly directory: string },
  { dtype, layer, file }: Asked,
): string {
  const standard = file === undefined ? graphs.filter((path) => dtypeOf(path) !== undefined) : [];
  const dtypes = DTYPES.filter((other) => standard.some((path) => dtypeOf(path) === other && layerOf(path) === layer));
  const layers = new Set(standard.filter((path) => dtypeOf(path) === dtype).map(layerOf));
  const said: string[] = [];
  if (dtypes.length > 0) said.push(`it has dtype ${dtypes.join(", ")}: choose by { dtype: "${dtypes[0]}" }`);
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
/** Repositories with every quantization have two dozen graphs. */
const MOST_NAMED = 30;
