import { basename, dirname } from "node:path/posix";
import type { Dtype } from "../api/model.js";
import { dtypeOf } from "./graphs.js";
import { SETTINGS_FILES } from "./transformer-settings.js";

const OF_THE_TRANSFORMER = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  ...SETTINGS_FILES,
];
const OF_THE_MODEL = ["modules.json", "config_sentence_transformers.json", "bge.json", "canaries.json"];
/** sentence-transformers' modules have folders of their own; an old transformer's holds what else lies beside the graph. */
const OF_A_MODULE = new RegExp(
  `^\\d+_\\w+/config\\.json$|^\\d+_Transformer/(?:${OF_THE_TRANSFORMER.join("|").replaceAll(".", "\\.")})$`,
);

/** Kinds of files in the folder `onnx/` that are never a graph's data. */
const NO_DATA = /(^|\/)\.|\.(json|txt|md|model|py|jinja|yaml|yml|png|safetensors)$|(^|\/)pytorch_model[^/]*\.bin$/i;
/** Names that exporters give to data, of those that no other file of a model has. */
const DATA = /^(Constant_|onnx__)|[_.](onnx_data|data|weight|bias)(_\d+)?$/;

/** Facts and tokenizer, of those that the repository has: what a model is loaded from beside its graph. */
export function filesBeside(paths: Iterable<string>): string[] {
  const there = new Set(paths);
  const named = [...OF_THE_TRANSFORMER, ...OF_THE_MODEL].filter((path) => there.has(path));
  return [...named, ...[...there].filter((path) => OF_A_MODULE.test(path)).sort()];
}

/**
 * A graph's external data: `model.onnx_data`, `model.onnx.data`, `model.onnx_data_1`, and what exporters name freely
 * (`Constant_7_attr__value` beside bge-m3's): in `onnx/` every file that is no graph, nor another graph's, nor a text. Elsewhere
 * other files lie beside a graph, and the name must be one that exporters give.
 */
export function externalData(graph: string, paths: Iterable<string>): string[] {
  const folder = dirname(graph);
  const beside = [...paths].filter((path) => dirname(path) === folder && path !== graph);
  const others = beside.filter((path) => path.endsWith(".onnx"));
  const isData = (path: string) => (basename(folder) === "onnx" ? !NO_DATA.test(path) : DATA.test(basename(path)));
  const belongsTo = (path: string, owner: string) => path.startsWith(`${owner}_`) || path.startsWith(`${owner}.`);
  return beside.filter(
    (path) =>
      belongsTo(path, graph) || (isData(path) && !others.some((other) => path === other || belongsTo(path, other))),
  );
}

/** The first of a graph's possible places where there is one; the usual one if there is none. */
export function graphAmong(paths: Iterable<string>, places: readonly string[]): string {
  const there = new Set(paths);
  return places.find((path) => there.has(path)) ?? places[0]!;
}

/** The precisions of which the repository, or the folder, has a graph, or one of these. */
export function precisionsOf(paths: Iterable<string>, graphs?: (dtype: Dtype) => readonly string[]): Dtype[] {
  const there = [...paths];
  return DTYPES.filter((dtype) =>
    there.some((path) => (graphs === undefined ? dtypeOf(path) === dtype : graphs(dtype).includes(path))),
  );
}

const DTYPES = ["fp32", "fp16", "int8"] as const;
