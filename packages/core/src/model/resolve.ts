import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BgeError, invalid } from "../api/errors.js";
import type { Dtype, ModelFacts, ModelReference, ModelSource, ModelSpec } from "../api/model.js";
import { checkReference, completeSpec, type Facts } from "./facts.js";
import {
  cachePlace,
  graphFile,
  isOurs,
  layersIn,
  leadsOut,
  missingFiles,
  type Place,
  packageName,
  packagePlace,
  precisionsIn,
  weightFiles,
} from "./files.js";
import { fingerprint } from "./fingerprint.js";
import { readDeclaration, readOwnFacts } from "./folder.js";
import { checkModelId } from "./names.js";
import { BESIDE_THE_GRAPH } from "./needed.js";
import { DEFAULT_EMBEDDER, findModel } from "./table.js";

/** A model's facts and files. */
export interface ResolvedModel {
  readonly spec: ModelSpec;
  readonly source: ModelSource;
}

export interface ResolveOptions {
  readonly dtype?: Dtype | "q8" | undefined;
  /** The layer after which a layerwise reranker stops. @default its last */
  readonly cutoffLayer?: number | undefined;
  /** Branch, tag or commit in the cache; an installed model package has none, and is passed over. @default "main" */
  readonly revision?: string | undefined;
  /** Called as soon as facts are known from the table, before any file is looked for. */
  readonly check?: (spec: ModelSpec) => void;
}

/**
 * Finds a model's facts and files without loading anything: an id (an installed model package first, then the local Hugging
 * Face cache), a folder, or a reference to either. No model: the embedded default.
 *
 * @throws BgeError `MODEL_NOT_FOUND` with every place that was tried, `MODEL_MISMATCH` with the fact that is missing,
 * `UNSUPPORTED_MODEL`, `MODEL_CORRUPT`, `INVALID_INPUT`
 */
export function resolveModel(model?: string | ModelReference, options: ResolveOptions = {}): ResolvedModel {
  const { directory, ...given } = toReference(model);
  const { revision } = options;
  if (directory !== undefined && revision !== undefined) {
    throw invalid("revision", "does not apply: a folder has none");
  }
  const known = given.id === undefined ? undefined : findModel(given.id);
  if (known !== undefined) options.check?.({ ...known, ...given, id: known.id } as ModelSpec);
  const id = known?.id ?? given.id;
  const asked = options.dtype === "q8" ? "int8" : options.dtype;
  const places: Place[] =
    directory === undefined ? placesOf(id!, revision) : [{ from: "directory", directory: folderPath(directory) }];
  const tried: string[] = [];
  for (const { from, directory: folder, reason } of places) {
    if (folder === undefined) {
      tried.push(reason!);
      continue;
    }
    const own = readOwnFacts(folder);
    const dtype = asked ?? given.dtype ?? own.dtype ?? "fp32";
    const facts = factsOf(folder, own, given);
    const layer = layerOf(facts, options.cutoffLayer);
    const graph = graphFile(dtype, layer);
    const missing = missingFiles(folder, graph);
    if (missing.length > 0) {
      tried.push(`${from} ${folder} lacks ${missing.join(", ")}${otherGraphs(folder, dtype, layer)}`);
      continue;
    }
    const outside = from === "cache" ? leadsOut(folder, [graph, ...BESIDE_THE_GRAPH]) : undefined;
    if (outside !== undefined) {
      throw new BgeError(
        "MODEL_CORRUPT",
        `${outside} is a link that leads out of the cache: it is not used. Remove it.`,
      );
    }
    const spec = completeSpec(facts, folder);
    options.check?.(spec);
    const file = join(folder, graph);
    const { batching = dtype === "int8" ? "alone" : "padded", optimized = false } = facts;
    return {
      spec,
      source: {
        from,
        directory: folder,
        file,
        dtype,
        batching,
        optimized,
        fingerprint: fingerprint(weightFiles(file)),
      },
    };
  }
  throw notFound(id ?? directory!, id, tried);
}

/** Where a model of this id may be, in the order in which it is looked for. */
function placesOf(id: string, revision: string | undefined): Place[] {
  if (!isOurs(id)) return revision === undefined ? [packagePlace(id), cachePlace(id)] : [cachePlace(id, revision)];
  checkModelId(id);
  if (revision === undefined) return [packagePlace(id)];
  throw invalid("revision", `does not apply: ${id} comes in an npm package, which has none`);
}

/** Facts by precedence: those given, the folder's own, the table's for the id, or what the folder's other files declare. */
function factsOf(folder: string, own: Facts, given: Facts): Facts {
  const id = given.id ?? own.id;
  const known = id === undefined ? undefined : findModel(id);
  if (known === undefined) return { ...readDeclaration(folder), ...own, ...given };
  return { ...known, ...own, ...given, id: known.id };
}

/** The cutoff layer of a layerwise model in use. */
function layerOf({ id, layers }: Facts, asked: number | undefined): number | undefined {
  if (layers === undefined) return undefined;
  const layer = asked ?? layers.last;
  if (layer >= layers.first && layer <= layers.last) return layer;
  throw invalid("cutoffLayer", `must be ${layers.first} to ${layers.last} for ${id}, not ${layer}`);
}

/** A model as an object, whichever way it was passed; ids are not looked up. */
export function toReference(model: string | ModelReference | undefined): ModelFacts {
  if (model === undefined) return { id: DEFAULT_EMBEDDER };
  if (typeof model === "string") return isFolder(model) ? { directory: model } : checkReference({ id: model });
  return checkReference(model);
}

/** Folders begin as paths do; every other string is an id. */
function isFolder(model: string): boolean {
  return /^(\.{0,2}[/\\]|\.{1,2}$|file:|[A-Za-z]:[/\\])/.test(model);
}

function folderPath(directory: string): string {
  if (!directory.startsWith("file:")) return resolve(directory);
  try {
    return fileURLToPath(directory);
  } catch (cause) {
    throw new BgeError("INVALID_OPTION", `directory ${directory} is no file URL of this machine: ${String(cause)}`, {
      parameter: "directory",
      cause,
    });
  }
}

function otherGraphs(folder: string, dtype: Dtype, layer: number | undefined): string {
  const precisions = precisionsIn(folder, layer).filter((other) => other !== dtype);
  if (precisions.length > 0) return ` (it has dtype ${precisions.join(", ")})`;
  const layers = layer === undefined ? [] : layersIn(folder, dtype);
  return layers.length > 0 ? ` (it has cutoffLayer ${layers.join(", ")})` : "";
}

function notFound(name: string, id: string | undefined, tried: readonly string[]): BgeError {
  const packaged = id === undefined ? undefined : packageName(id);
  const advice =
    id === undefined
      ? "Check the path."
      : [
          ...(packaged !== undefined && EMBEDDED.has(id) ? [`npm install ${packaged}`] : []),
          ...(isOurs(id)
            ? []
            : [`await pullModel(${JSON.stringify(id)}), or huggingface-cli download ${id} (into the local cache)`]),
          "or pass { id, directory } of a folder with its ONNX files",
        ].join("; ");
  return new BgeError(
    "MODEL_NOT_FOUND",
    `Model ${name} was not found. Tried: ${tried.join("; ")}. To get it: ${advice}`,
    {
      parameter: "model",
    },
  );
}

/** Tells who has not named the model that was not found how to do without it. */
export function orElse(advice: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof BgeError && error.code === "MODEL_NOT_FOUND")) throw error;
    throw new BgeError(error.code, `${error.message}; or do without it: ${advice}`, {
      cause: error,
      parameter: "model",
    });
  };
}

/** Models small enough for an npm package of their own. */
const EMBEDDED = new Set(["BAAI/bge-small-en-v1.5", "BAAI/bge-small-zh-v1.5", "bge-js/reranker-small-en"]);
