import { dirname } from "node:path/posix";
import type { Dtype } from "../api/model.js";
import { graphFile } from "./files.js";

/** What a model is loaded from beside its graph, where its repository has it. */
export const BESIDE_THE_GRAPH = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "modules.json",
  "1_Pooling/config.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
  "bge.json",
  "canaries.json",
];

/** Kinds of files in a graph's folder that are never its data. */
const NO_DATA = /(^|\/)\.|\.(json|txt|md|model|py|jinja|yaml|yml|png|bin|safetensors)$/i;

/** Facts and tokenizer, of those that the repository has. */
export function filesBeside(paths: Iterable<string>): string[] {
  const there = new Set(paths);
  return BESIDE_THE_GRAPH.filter((path) => there.has(path));
}

/**
 * A graph's external data: `model.onnx_data`, `model.onnx.data`, `model.onnx_data_1`, and what exporters name freely
 * (`Constant_7_attr__value` beside bge-m3's): every file of its folder that is no graph, nor another graph's, nor a text.
 */
export function externalData(graph: string, paths: Iterable<string>): string[] {
  const folder = dirname(graph);
  const beside = [...paths].filter((path) => dirname(path) === folder && path !== graph);
  const others = beside.filter((path) => path.endsWith(".onnx"));
  return beside.filter(
    (path) =>
      path.startsWith(graph) ||
      !(
        NO_DATA.test(path) ||
        others.some((other) => path === other || path.startsWith(`${other}_`) || path.startsWith(`${other}.`))
      ),
  );
}

/** The precision of a graph, of the whole model or as it ends after a layer; undefined for any other file. */
export function dtypeOf(path: string): Dtype | undefined {
  const [, layer] = /^onnx\/model_layer(\d+)/.exec(path) ?? [];
  return DTYPES.find((dtype) => path === graphFile(dtype, layer === undefined ? undefined : Number(layer)));
}

/** The precisions of which the repository, or the folder, has a graph, or this one. */
export function precisionsOf(paths: Iterable<string>, graph?: (dtype: Dtype) => string): Dtype[] {
  const there = [...paths];
  return DTYPES.filter((dtype) =>
    graph === undefined ? there.some((path) => dtypeOf(path) === dtype) : there.includes(graph(dtype)),
  );
}

const DTYPES = ["fp32", "fp16", "int8"] as const;
