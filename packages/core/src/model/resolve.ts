import { existsSync } from "node:fs";
import { join } from "node:path";
import { BgeError, invalid } from "../api/errors.js";
import type { Dtype, ModelReference, ModelSource, ModelSpec } from "../api/model.js";
import { type Checks, checkOptions, isCount, isFunction } from "../checks.js";
import { exportAdvice, exportedAs, isExported, withoutOnnx } from "./export-advice.js";
import type { Facts } from "./facts.js";
import { completeSpec } from "./facts.js";
import {
  cachePlace,
  filesIn,
  graphsIn,
  isOurs,
  leadsOut,
  missingFiles,
  type Place,
  packageOf,
  packagePlace,
  weightFiles,
} from "./files.js";
import { fingerprint } from "./fingerprint.js";
import { readDeclaration, readLimits, readOwnFacts } from "./folder.js";
import { otherGraphs, precisionOf } from "./graph-choice.js";
import { graphFiles, partOf } from "./graphs.js";
import { withLimits } from "./limits.js";
import { transformerPath } from "./modules-json.js";
import { folderNotTaken, folderPath, toReference } from "./named-model.js";
import { checkModelId } from "./names.js";
import { filesBeside, weightPaths } from "./needed.js";
import { FILE_OPTIONS } from "./options.js";
import { findModel } from "./table.js";

/** A model's facts and files. */
export interface ResolvedModel {
  readonly spec: ModelSpec;
  readonly source: ModelSource;
}

export interface ResolveOptions {
  readonly dtype?: Dtype | "q8" | undefined;
  /** The layer after which a layerwise reranker stops. @default the model's last */
  readonly cutoffLayer?: number | undefined;
  /** A branch, tag or commit in the cache. Installed model packages have none and are then skipped. @default a model package, else "main" */
  readonly revision?: string | undefined;
  /** Called as soon as the table's facts are known, before any file is looked for, and again with the facts found. */
  readonly check?: (spec: ModelSpec) => void;
}

const RESOLVE_OPTIONS: Checks<ResolveOptions> = { ...FILE_OPTIONS, cutoffLayer: isCount, check: isFunction };

/**
 * Finds a model's facts and files on this machine without loading anything. An id is looked for in installed model packages, then in
 * the local Hugging Face cache.
 *
 * @param model a Hugging Face id, a folder, or `{ id?, directory?, ...facts }`. @default the packaged bge-small-en-v1.5
 * @example
 * const { spec, source } = resolveModel("BAAI/bge-small-en-v1.5");
 * @throws BgeError `MODEL_NOT_FOUND` with every place tried, `MODEL_MISMATCH` with the missing fact,
 * `UNSUPPORTED_MODEL`, `MODEL_CORRUPT`, `ACCESS_DENIED`, `INVALID_OPTION`
 */
export function resolveModel(model?: string | URL | ModelReference, options: ResolveOptions = {}): ResolvedModel {
  const { directory, ...given } = toReference(model);
  checkOptions(options, RESOLVE_OPTIONS, "resolveModel");
  const { revision } = options;
  if (directory !== undefined && revision !== undefined) {
    throw invalid("revision", "does not apply to a folder");
  }
  if (given.file !== undefined && options.cutoffLayer !== undefined) {
    throw invalid("cutoffLayer", `does not apply to a graph chosen by name (${given.file})`);
  }
  const known = given.id === undefined ? undefined : findModel(given.id);
  if (known !== undefined) options.check?.({ ...known, ...given, id: known.id } as ModelSpec);
  const id = known?.id ?? given.id;
  const asked = options.dtype === "q8" ? "int8" : options.dtype;
  const places: Place[] =
    directory === undefined ? placesOf(id!, revision) : [{ from: "directory", directory: folderPath(directory) }];
  const tried: string[] = [];
  let found = false;
  if (typeof model === "string" && directory === undefined) tried.push(folderNotTaken(model));
  for (const { from, directory: folder, reason } of places) {
    if (folder === undefined) {
      tried.push(reason!);
      continue;
    }
    const own = withoutDefault(readOwnFacts(folder), given);
    const transformer = transformerPath(folder);
    const facts = factsOf(folder, own, given);
    const dtype = asked ?? given.dtype ?? own.dtype ?? precisionOf(facts.file, id ?? folder) ?? "fp32";
    const layer = cutoffLayerOf(facts, options.cutoffLayer);
    const candidates = facts.file === undefined ? graphFiles(dtype, layer, transformer, partOf(facts)) : [facts.file];
    const graph = candidates.find((name) => existsSync(join(folder, name))) ?? candidates[0]!;
    const missing = missingFiles(folder, graph, transformer);
    if (missing.length > 0) {
      if (from === "directory" && !existsSync(folder)) {
        tried.push(`there is no folder ${folder}`);
        continue;
      }
      const reference = from === "directory" ? { directory: folder } : { id: id! };
      const others = existsSync(join(folder, graph))
        ? ""
        : otherGraphs(graphsIn(folder), reference, { dtype, layer, file: facts.file });
      tried.push(`${from} ${folder} lacks ${missing.join(", ")}${others}`);
      found ||= from !== "cache" && others !== "";
      continue;
    }
    const outside = from === "cache" ? leadsOut(folder, readOf(folder, graph)) : undefined;
    if (outside !== undefined) {
      throw new BgeError(
        "MODEL_CORRUPT",
        `${outside} is a link that leads out of the cache. Remove it and download the model again.`,
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
  throw notFound({ name: id ?? directory!, id, tried, found, dtype: asked });
}

/** Lists all that is read of a model: its graphs, their data, and what is beside them. */
function readOf(folder: string, graph: string): string[] {
  const paths = filesIn(folder);
  return [...weightPaths(graph, paths), ...filesBeside(paths)];
}

/** Lists where a model with this id may be, in search order. */
function placesOf(id: string, revision: string | undefined): Place[] {
  if (!isOurs(id)) return revision === undefined ? [packagePlace(id), cachePlace(id)] : [cachePlace(id, revision)];
  checkModelId(id);
  if (revision === undefined) return [packagePlace(id)];
  throw invalid("revision", `does not apply: ${id} comes in an npm package, which has no revisions`);
}

/** Drops the facts a folder states about its usual graph if another one is chosen by name. */
function withoutDefault(own: Facts, { file }: Facts): Facts {
  if (file === undefined || file === own.file) return own;
  const { dtype: _dtype, batching: _batching, optimized: _optimized, ...rest } = own;
  return rest;
}

/** Merges facts by precedence: the caller's, `bge.json`'s, then the table's for the id or else those declared in the folder's other files. */
function factsOf(folder: string, own: Facts, given: Facts): Facts {
  const id = given.id ?? own.id;
  const known = id === undefined ? undefined : findModel(id);
  const stated = { ...own, ...given };
  const declared = known === undefined ? readDeclaration(folder, stated) : readLimits(folder);
  const facts: Facts = known === undefined ? { ...declared, ...stated } : { ...known, ...stated, id: known.id };
  return withLimits(facts, { known, own, declared, given });
}

/** Returns the cutoff layer in use, for a layerwise model. @throws BgeError `INVALID_OPTION` */
function cutoffLayerOf({ id, layers }: Facts, asked: number | undefined): number | undefined {
  if (layers === undefined) return undefined;
  const layer = asked ?? layers.last;
  if (layer >= layers.first && layer <= layers.last) return layer;
  throw invalid("cutoffLayer", `must be ${layers.first} to ${layers.last} for ${id}, not ${layer}`);
}

/** What begins the advice in the error of a model that is not on this machine. */
export const TO_GET_IT = " To get it: ";

interface NotFound {
  readonly name: string;
  readonly id: string | undefined;
  readonly tried: readonly string[];
  /** True if its package or the folder is there, with other graphs than the one asked for. */
  readonly found: boolean;
  /** The precision, if the caller asked for one. */
  readonly dtype: Dtype | undefined;
}

function notFound(missing: NotFound): BgeError {
  const { name, id, tried } = missing;
  const advice = TO_GET_IT + (id === undefined ? folderAdvice(missing) : idAdvice(id, missing));
  const isForPrograms = id !== undefined && !isExported(id);
  return new BgeError("MODEL_NOT_FOUND", `Model ${name} was not found. Tried: ${tried.join("; ")}.${advice}`, {
    parameter: "model",
    ...(isForPrograms && { advice }),
  });
}

const CHOOSE = "choose one that is there";

function folderAdvice({ name, found }: NotFound): string {
  if (found) return `${CHOOSE}, or add the missing file.`;
  const id = exportedAs(name);
  return id === undefined ? "Check the path." : `check the path. If it is to be ${id}: ${exportAdvice(id)}`;
}

function idAdvice(id: string, { found, dtype }: NotFound): string {
  if (isExported(id)) return withoutOnnx(id);
  const wanted = dtype === undefined ? "" : `, ${JSON.stringify({ dtype })}`;
  const pull = `await pullModel(${JSON.stringify(id)}${wanted}), or hf download ${id} (into the local cache)`;
  const name = packageOf(id);
  const ways = [
    ...(found ? [CHOOSE] : name === undefined ? [] : [`npm install ${name}`]),
    ...(isOurs(id) ? [] : [pull]),
    "pass { id, directory } of a folder with its ONNX files",
  ];
  return `${ways.join("; or ")}.`;
}

/** Returns a handler that adds `advice` to `MODEL_NOT_FOUND`, for callers who did not name the model. */
export function orElse(advice: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof BgeError && error.code === "MODEL_NOT_FOUND")) throw error;
    const more = ` Or use another model: ${advice}`;
    throw new BgeError(error.code, error.message + more, {
      cause: error,
      parameter: "model",
      advice: (error.advice ?? "") + more,
    });
  };
}
