import { basename, dirname } from "node:path/posix";
import type { Dtype } from "../api/model.js";
import { dtypeOf, visionFile } from "./graphs.js";
import { SETTINGS_FILES } from "./transformer-settings.js";

const OF_THE_TRANSFORMER = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  ...SETTINGS_FILES,
];
const OF_THE_MODEL = [
  "modules.json",
  "config_sentence_transformers.json",
  "bge.json",
  "canaries.json",
  "preprocessor_config.json",
];
/** sentence-transformers' modules have their own folders. An old transformer's also has the files otherwise next to the graph. */
const OF_A_MODULE = new RegExp(
  `^\\d+_\\w+/config\\.json$|^\\d+_Transformer/(?:${OF_THE_TRANSFORMER.join("|").replaceAll(".", "\\.")})$`,
);

/** The terms of the weights, which go wherever they go. */
const LICENCE = /^(licen[cs]e|notice)(\.(md|txt))?$/i;

/** Files in `onnx/` that are never a graph's data. */
const NO_DATA = /(^|\/)\.|\.(json|txt|md|model|py|jinja|yaml|yml|png|safetensors)$|(^|\/)pytorch_model[^/]*\.bin$/i;
/** Exporters' names for data that no other model file has. */
const DATA = /^(Constant_|onnx__)|[_.](onnx_data|data|weight|bias)(_\d+)?$/;

/** Lists the repository's files that a model needs besides its graphs: facts and tokenizer. And its licence. */
export function filesBeside(paths: Iterable<string>): string[] {
  const there = new Set(paths);
  const named = [...OF_THE_TRANSFORMER, ...OF_THE_MODEL].filter((path) => there.has(path));
  return [...named, ...[...there].filter((path) => OF_A_MODULE.test(path) || LICENCE.test(path)).sort()];
}

/**
 * Lists a graph's external data: `model.onnx_data`, `model.onnx.data`, `model.onnx_data_1`, and files exporters name freely
 * (`Constant_7_attr__value` in bge-m3). In `onnx/`, that is every file that is not a graph, another graph's data, or text. Elsewhere,
 * where other files are next to a graph, only names that exporters use count.
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

/**
 * Lists the files of a model's weights: its graph for texts, the one for pictures beside it if there is one, and their data. Each graph
 * comes after its data and the given one last, so that where it is, all are.
 */
export function weightPaths(graph: string, paths: Iterable<string>): string[] {
  const all = [...paths];
  const vision = visionFile(graph);
  const graphs = vision !== undefined && all.includes(vision) ? [vision, graph] : [graph];
  return [...new Set(graphs.flatMap((one) => [...externalData(one, all), one]))];
}

/**
 * Returns the first possible place of a graph that exists, or the usual place if none does. A graph with one for pictures beside it goes
 * first: its repository may have both in one file, too, which nothing here reads.
 */
export function graphAmong(paths: Iterable<string>, places: readonly string[]): string {
  const there = new Set(paths);
  const found = places.filter((path) => there.has(path));
  return found.find((path) => there.has(visionFile(path) ?? "")) ?? found[0] ?? places[0]!;
}

/** Lists the precisions with a graph in a repository or folder, optionally only at the given places. */
export function precisionsOf(paths: Iterable<string>, graphs?: (dtype: Dtype) => readonly string[]): Dtype[] {
  const there = [...paths];
  return DTYPES.filter((dtype) =>
    there.some((path) => (graphs === undefined ? dtypeOf(path) === dtype : graphs(dtype).includes(path))),
  );
}

const DTYPES = ["fp32", "fp16", "int8"] as const;
