import { posix } from "node:path";
import type { Dtype } from "../api/model.js";

const PRECISIONS: Readonly<Record<Dtype, string>> = { fp32: "", fp16: "_fp16", int8: "_quantized" };

/** The graph of a precision, in Hugging Face's layout, or the one that ends after a layer. */
export function graphFile(dtype: Dtype, layer?: number): string {
  return `onnx/model${layer === undefined ? "" : `_layer${layer}`}${PRECISIONS[dtype]}.onnx`;
}

/**
 * Where the graph of a precision may lie, in the order in which it is looked for: in `onnx/`, or as Optimum writes it, beside the
 * other files; and both in the folder of the transformer, where it has one of its own.
 */
export function graphFiles(dtype: Dtype, layer?: number, transformer = ""): string[] {
  const name = graphFile(dtype, layer);
  const names = [name, posix.basename(name)];
  return transformer === "" ? names : [...names, ...names.map((one) => posix.join(transformer, one))];
}

/** The precision of a graph, of the whole model or as it ends after a layer; undefined for any other file. */
export function dtypeOf(path: string): Dtype | undefined {
  const [, , suffix] = /^(?:\d+_Transformer\/)?(?:onnx\/)?model(_layer\d+)?(_\w+)?\.onnx$/.exec(path) ?? [
    path,
    "",
    "none",
  ];
  return (Object.keys(PRECISIONS) as Dtype[]).find((dtype) => PRECISIONS[dtype] === (suffix ?? ""));
}

/** The layer after which a graph ends, by its name. */
export function layerOf(path: string): number | undefined {
  const [, layer] = /(?:^|\/)model_layer(\d+)/.exec(path) ?? [];
  return layer === undefined ? undefined : Number(layer);
}

/** The precision that the name of a graph tells, as Optimum, sentence-transformers and transformers.js name them. */
export function dtypeByName(path: string): Dtype | undefined {
  const name = posix.basename(path, ".onnx").toLowerCase();
  if (/(^|[_.-])(q?u?int8|uint8|quantized|q8)([_.-]|$)/.test(name)) return "int8";
  if (/(^|[_.-])(fp16|float16|o4)([_.-]|$)/.test(name)) return "fp16";
  return /^model(_layer\d+)?(_o[123]|_optimized|_fp32)?$/.test(name) ? "fp32" : undefined;
}
