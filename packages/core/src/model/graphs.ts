import { posix } from "node:path";
import type { Dtype, EmbeddingSpec } from "../api/model.js";

const PRECISIONS: Readonly<Record<Dtype, string>> = { fp32: "", fp16: "_fp16", int8: "_quantized" };

/** The graph that reads texts: the only one, or one of two in a model that also reads images, apart or together with texts. */
export type GraphPart = (typeof GRAPH_PARTS)[number];

export const GRAPH_PARTS = ["model", "text_model", "language_model"] as const;

/** Returns the name of the graph for texts. */
export function partOf({ imageOutput, vision }: Pick<EmbeddingSpec, "imageOutput" | "vision">): GraphPart {
  if (vision !== undefined) return "language_model";
  return imageOutput === undefined ? "model" : "text_model";
}

/** Returns the path of the graph for images beside that for texts, or `undefined` if the name of the latter does not tell. */
export function visionFile(text: string): string | undefined {
  const found = /(?:text|language)_model([^/\\]*\.onnx)$/;
  return found.test(text) ? text.replace(found, "vision_model$1") : undefined;
}

/** Returns the path of a precision's graph in Hugging Face layout, optionally of the one that ends after a layer. */
export function graphFile(dtype: Dtype, layer?: number, part: GraphPart = "model"): string {
  return `onnx/${part}${layer === undefined ? "" : `_layer${layer}`}${PRECISIONS[dtype]}.onnx`;
}

/**
 * Lists where a precision's graph may be, in search order: in `onnx/`, or next to the other files, as Optimum writes it; and both in
 * the transformer's folder, if it has its own.
 */
export function graphFiles(dtype: Dtype, layer?: number, transformer = "", part?: GraphPart): string[] {
  const name = graphFile(dtype, layer, part);
  const names = [name, posix.basename(name)];
  return transformer === "" ? names : [...names, ...names.map((one) => posix.join(transformer, one))];
}

/** Returns the precision of a graph, whole or ending after a layer; `undefined` for any other file. */
export function dtypeOf(path: string): Dtype | undefined {
  const [, , suffix] = /^(?:\d+_Transformer\/)?(?:onnx\/)?(?:text_|language_)?model(_layer\d+)?(_\w+)?\.onnx$/.exec(
    path,
  ) ?? [path, "", "none"];
  return (Object.keys(PRECISIONS) as Dtype[]).find((dtype) => PRECISIONS[dtype] === (suffix ?? ""));
}

/** Returns the layer after which a graph ends, from its name. */
export function layerOf(path: string): number | undefined {
  const [, layer] = /(?:^|\/)model_layer(\d+)/.exec(path) ?? [];
  return layer === undefined ? undefined : Number(layer);
}

/** Returns the precision in a graph's name, by the conventions of Optimum, sentence-transformers and transformers.js. */
export function dtypeByName(path: string): Dtype | undefined {
  const name = posix.basename(path, ".onnx").toLowerCase();
  if (/(^|[_.-])(q?u?int8|uint8|quantized|q8)([_.-]|$)/.test(name)) return "int8";
  if (/(^|[_.-])(fp16|float16|o4)([_.-]|$)/.test(name)) return "fp16";
  return /^(?:text_|language_)?model(_layer\d+)?(_o[123]|_optimized|_fp32)?$/.test(name) ? "fp32" : undefined;
}
