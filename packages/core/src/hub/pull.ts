import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { listener } from "../api/callbacks.js";
import { BgeError, invalid } from "../api/errors.js";
import type { Dtype, ModelReference } from "../api/model.js";
import type { DownloadProgress } from "../api/options.js";
import { type Checks, checkOptions, isCount, isFlag, isFunction, isSignal, isText } from "../checks.js";
import { pathsUnder } from "../model/cache.js";
import { offlineVariable } from "../model/environment.js";
import { isExported, withoutOnnx } from "../model/export-advice.js";
import { cachePlace, isOurs, missingFiles, packageOf } from "../model/files.js";
import { readOwnFacts } from "../model/folder.js";
import { precisionOf } from "../model/graph-choice.js";
import { GRAPH_PARTS, graphFiles, partOf } from "../model/graphs.js";
import { transformerPath } from "../model/modules-json.js";
import { toReference } from "../model/named-model.js";
import { checkModelId } from "../model/names.js";
import { filesBeside, graphAmong, weightPaths } from "../model/needed.js";
import { FILE_OPTIONS } from "../model/options.js";
import { findModel } from "../model/table.js";
import type { PulledModel } from "./download.js";
import { hubOf } from "./hub.js";
import { recordedListing } from "./record.js";

export interface PullOptions {
  /** @default what the repository's bge.json says, else "fp32" */
  readonly dtype?: Dtype | "q8";
  /** The layer after which a layerwise reranker stops. @default the model's last */
  readonly cutoffLayer?: number;
  /** A branch, a tag, or a commit (40 hex digits), which pins the model. @default "main" */
  readonly revision?: string;
  /** Address of the hub or a mirror. @default `HF_ENDPOINT`, else https://huggingface.co */
  readonly endpoint?: string;
  /** Sent to the endpoint and no other host; `false` for none. @default `HF_TOKEN`, else the token file of `hf auth login` */
  readonly token?: string | false;
  /** Hash files already in the cache, and download damaged ones again. @default false: sizes are compared */
  readonly verify?: boolean;
  /** Called with the progress of each downloaded file. @default none */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Aborts with `signal.reason`; downloaded data is kept, and the next pull resumes from it. @default none */
  readonly signal?: AbortSignal;
}

const PULL_OPTIONS: Checks<PullOptions> = {
  ...FILE_OPTIONS,
  cutoffLayer: isCount,
  endpoint: isText,
  token: (value) => (typeof value === "string" || value === false ? undefined : "a string or false"),
  verify: isFlag,
  onProgress: isFunction,
  signal: isSignal,
};

/**
 * Downloads one precision of a model into the Hugging Face cache, or updates it: its graph, and the one for pictures if it has one. Only files that are needed and missing are
 * downloaded, all of one commit, and each is checked by size and hash before it gets its name. Processes that pull the same model
 * wait for each other. With `HF_HUB_OFFLINE` set, it only checks that all files are there.
 *
 * @param model a Hugging Face id (`"BAAI/bge-base-en-v1.5"`, or `"bge-base-en-v1.5"` for short)
 * @example
 * const { directory, bytes } = await pullModel("BAAI/bge-base-en-v1.5", { dtype: "fp32" });
 * @throws BgeError `MODEL_NOT_FOUND` (no such model, revision or precision), `ACCESS_DENIED` (private, gated, a bad token),
 * `DOWNLOAD_FAILED` (network, disk, wrong content), `MODEL_CORRUPT`, `INVALID_OPTION`
 */
export async function pullModel(model: string | URL | ModelReference, options: PullOptions = {}): Promise<PulledModel> {
  const checked = checkOptions(options, PULL_OPTIONS, "pullModel");
  const { revision = "main", signal, verify: distrust = false } = checked;
  const onProgress = listener("onProgress", checked.onProgress);
  const { id, dtype, graphs } = hubModel(model, checked);
  signal?.throwIfAborted();
  const offline = offlineVariable();
  if (offline !== undefined) return cachedAlready({ id, dtype, graphs }, revision, offline);
  const hub = hubOf(checked);
  const { downloadModel } = await import("./download.js");
  return downloadModel(hub, { id, revision, dtype, graphs, stay: false, distrust, onProgress }).catch(
    (error: unknown) => {
      throw sayingHowToExport(error, id);
    },
  );
}

/** Adds to a failed download of a model that has to be exported that a better network would not help. */
function sayingHowToExport(error: unknown, id: string): unknown {
  if (!(error instanceof BgeError && error.code === "DOWNLOAD_FAILED" && isExported(id))) return error;
  return new BgeError(error.code, `${error.message} And ${withoutOnnx(id)}`, { cause: error });
}

/** The transformer's folder in repositories saved by old sentence-transformers releases. `modules.json` would tell, but is not downloaded yet. */
const OLD_TRANSFORMER = "0_Transformer";

/** A model on the hub. */
interface HubModel {
  readonly id: string;
  readonly dtype: Dtype | undefined;
  /** Where a precision's graph may be, in order of preference; only one place if the graph is chosen by name. */
  readonly graphs: (dtype: Dtype) => readonly string[];
}

export function hubModel(
  model: string | URL | ModelReference,
  { dtype, cutoffLayer }: Pick<PullOptions, "dtype" | "cutoffLayer">,
): HubModel {
  if (model === undefined) throw invalid("model", "is required");
  const { directory, id: given, dtype: own, file } = toReference(model);
  if (directory !== undefined || given === undefined) {
    throw invalid("model", `must be a Hugging Face id; the folder ${directory} needs no download`);
  }
  const known = findModel(given);
  const id = known?.id ?? given;
  checkModelId(id);
  if (isOurs(id)) {
    const name = packageOf(id);
    const advice = name === undefined ? "and there is none for this id" : `npm install ${name}`;
    const problem = `${id} is not on the hub; the models of bge-js only come in npm packages: ${advice}`;
    throw new BgeError("MODEL_NOT_FOUND", problem, { parameter: "model" });
  }
  const layer = cutoffLayer ?? (known?.kind === "reranker" ? known.layers?.last : undefined);
  // Of an unknown model, its files tell whether it has a graph for pictures, too.
  const parts = known === undefined ? GRAPH_PARTS : [partOf(known.kind === "embedding" ? known : {})];
  return {
    id,
    dtype: dtype === "q8" ? "int8" : (dtype ?? own ?? precisionOf(file, id)),
    graphs: (precision) =>
      file === undefined ? parts.flatMap((part) => graphFiles(precision, layer, OLD_TRANSFORMER, part)) : [file],
  };
}

/** Returns the cached model where the network is forbidden. @throws BgeError `DOWNLOAD_FAILED` if a file is missing */
async function cachedAlready({ id, dtype, graphs }: HubModel, revision: string, offline: string): Promise<PulledModel> {
  const { directory, reason } = cachePlace(id, revision);
  const precision = dtype ?? (directory === undefined ? undefined : readOwnFacts(directory).dtype) ?? "fp32";
  const paths = directory === undefined ? [] : await pathsUnder(directory);
  const graph = graphAmong(paths, graphs(precision));
  const missing = directory === undefined ? [reason] : await missingHere(directory, graph, paths);
  if (directory === undefined || missing.length > 0) {
    const problem = `${id} is not in the cache and cannot be downloaded, because ${offline} is set: `;
    const lacking = directory === undefined ? reason : `no ${missing.join(", ")}`;
    throw sayingHowToExport(new BgeError("DOWNLOAD_FAILED", `${problem}${lacking}.`), id);
  }
  const files = [...filesBeside(paths), ...weightPaths(graph, paths)];
  const sizes = await Promise.all(files.map(async (path) => (await stat(join(directory, path))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { id, commit: basename(directory), directory, dtype: precision, files, bytes, downloadedBytes: 0 };
}

/** Lists the files that a cached model lacks, also those of its weights that the listing of its download names. */
async function missingHere(directory: string, graph: string, paths: readonly string[]): Promise<string[]> {
  const missing = missingFiles(directory, graph, transformerPath(directory));
  const listing = await recordedListing(join(directory, "..", ".."), basename(directory));
  const weights = weightPaths(graph, listing?.keys() ?? []).map((path) => join(directory, path));
  const there = new Set(paths.map((path) => join(directory, path)));
  return [...new Set([...missing, ...weights.filter((file) => !there.has(file))])];
}
