import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, sep } from "node:path";
import type { Dtype, ModelSource } from "../api/model.js";
import { cachedCommit, repositoryOf, snapshotOf } from "./cache.js";
import { hubCacheDirectory } from "./environment.js";
import { isModelId } from "./names.js";

/** A folder where a model may be, or the reason why there is none. */
export interface Place {
  readonly from: ModelSource["from"];
  readonly directory?: string;
  readonly reason?: string;
}

const PRECISIONS: Readonly<Record<Dtype, string>> = { fp32: "", fp16: "_fp16", int8: "_quantized" };

/** The graph of a precision, in Hugging Face's layout, or the one that ends after a layer. */
export function graphFile(dtype: Dtype, layer?: number): string {
  return `onnx/model${layer === undefined ? "" : `_layer${layer}`}${PRECISIONS[dtype]}.onnx`;
}

/** The precisions that a folder holds, of the whole model or as it ends after a layer. */
export function precisionsIn(directory: string, layer?: number): Dtype[] {
  return (Object.keys(PRECISIONS) as Dtype[]).filter((dtype) => existsSync(join(directory, graphFile(dtype, layer))));
}

/** The layers after which a folder has graphs that end there, ascending. */
export function layersIn(directory: string, dtype: Dtype): number[] {
  const names = existsSync(join(directory, "onnx")) ? readdirSync(join(directory, "onnx")) : [];
  return names
    .flatMap((name) => /^model_layer(\d+)/.exec(name)?.slice(1).map(Number) ?? [])
    .filter((layer, i, all) => all.indexOf(layer) === i && precisionsIn(directory, layer).includes(dtype))
    .sort((a, b) => a - b);
}

/** The first of these files of the cache that a link leads out of it: what hubs give never does. */
export function leadsOut(directory: string, names: readonly string[]): string | undefined {
  const cache = `${realpathSync(hubCacheDirectory())}${sep}`;
  return names
    .map((name) => join(directory, name))
    .find((file) => existsSync(file) && !realpathSync(file).startsWith(cache));
}

export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json"];

/** The files that a folder lacks to run this graph. */
export function missingFiles(directory: string, graph: string): string[] {
  return [graph, ...TOKENIZER_FILES].map((name) => join(directory, name)).filter((file) => !existsSync(file));
}

/** Bytes of a graph and of the external data beside it: `model.onnx_data`, `model.onnx.data`, `model.onnx_data_1`. */
export function weightBytes(file: string): number {
  return weightFiles(file).reduce((sum, one) => sum + statSync(one).size, 0);
}

/** A graph and the files of external data that are named after it. */
export function weightFiles(file: string): string[] {
  const folder = dirname(file);
  const named = readdirSync(folder).filter((name) => name.startsWith(basename(file)));
  return named.sort().map((name) => join(folder, name));
}

const OURS = "bge-js/";

/**
 * Models that we trained ourselves come in npm packages alone. On the hub, whoever holds this name there would decide what it means: it is
 * never asked for them, and what a cache has under their names is not used.
 */
export function isOurs(id: string): boolean {
  return id.startsWith(OURS);
}

/** npm package that carries a model of the BAAI organisation, or one of ours. */
export function packageName(id: string): string | undefined {
  const prefix = ["BAAI/", OURS].find((name) => id.startsWith(name));
  return prefix !== undefined && isModelId(id) ? `@bge-js/model-${id.slice(prefix.length)}` : undefined;
}

/** The installed model package, looked for from the application first, since strict node_modules hide its packages from us. */
export function packagePlace(id: string): Place {
  const name = packageName(id);
  if (name === undefined) return { from: "package", reason: `no model package exists for ${id}` };
  const application = [join(process.cwd(), "package.json"), process.argv[1]].filter((path) => path !== undefined);
  for (const base of [...application, import.meta.url]) {
    try {
      return {
        from: "package",
        directory: join(dirname(createRequire(base).resolve(`${name}/package.json`)), "model"),
      };
    } catch {
      // Not visible from there.
    }
  }
  return { from: "package", reason: `package ${name} is not installed` };
}

/** The snapshot that a revision names in the local Hugging Face cache, as Python's huggingface_hub lays it out. */
export function cachePlace(id: string, revision = "main"): Place {
  const repository = repositoryOf(id);
  const commit = cachedCommit(repository, revision);
  if (commit !== undefined) return { from: "cache", directory: snapshotOf(repository, commit) };
  return { from: "cache", reason: `no ${join(repository, "refs", revision)}` };
}
