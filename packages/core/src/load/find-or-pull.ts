import { basename, join, relative } from "node:path";
import { listener } from "../api/callbacks.js";
import { BgeError } from "../api/errors.js";
import type { ModelReference, ModelSource, ModelSpec } from "../api/model.js";
import type { LoadOptions, RerankerOptions } from "../api/options.js";
import { isSize } from "../hub/files.js";
import { hubOf } from "../hub/hub.js";
import { hubModel } from "../hub/pull.js";
import { recordedListing } from "../hub/record.js";
import { offlineVariable } from "../model/environment.js";
import { isExported } from "../model/export-advice.js";
import { isOurs } from "../model/files.js";
import { toReference } from "../model/named-model.js";
import { isSafePath } from "../model/names.js";
import { weightPaths } from "../model/needed.js";
import { type ResolvedModel, resolveModel, TO_GET_IT } from "../model/resolve.js";

/**
 * Resolves a model, downloading it first if it is an id that is missing from this machine or incomplete in the cache. A complete
 * package or cache entry is used as it is, without a request. A cached revision keeps its commit; only `pullModel` updates it.
 */
export async function findOrPull(
  model: string | URL | ModelReference | undefined,
  options: LoadOptions & Pick<RerankerOptions, "cutoffLayer">,
  check: (spec: ModelSpec) => void,
): Promise<ResolvedModel> {
  const { dtype, revision, cutoffLayer, endpoint, signal, onDownload, download = true } = options;
  signal?.throwIfAborted();
  const resolve = () => resolveModel(model, { dtype, revision, cutoffLayer, check });
  const forbidden = download ? offlineVariable() : "download: false";
  let missing: BgeError | undefined;
  try {
    const found = resolve();
    // An incomplete model may still work; ONNX Runtime will tell.
    if (forbidden !== undefined || (await isWhole(found.source))) return found;
  } catch (error) {
    if (!(error instanceof BgeError) || error.code !== "MODEL_NOT_FOUND" || !isOnHub(model)) throw error;
    if (forbidden !== undefined) {
      // What the hub has without ONNX files, no download would get.
      if (isExported(toReference(model).id!)) throw error;
      const reason = `It was not downloaded, because ${forbidden} forbids it.`;
      throw alsoSaying(error, reason, download ? "" : ` ${reason}`);
    }
    missing = error;
  }
  const wanted = hubModel(model!, options);
  // Imported late: a local model needs no HTTP code.
  const { downloadModel } = await import("../hub/download.js");
  try {
    await downloadModel(hubOf({ endpoint, signal }), {
      ...wanted,
      revision: revision ?? "main",
      stay: true,
      distrust: false,
      onProgress: listener("onDownload", onDownload),
    });
  } catch (error) {
    const known = error instanceof BgeError && error.code !== "INVALID_OPTION" && missing !== undefined;
    throw known ? afterSearch(error, missing!) : error;
  }
  return resolve();
}

/** True if the model may be downloaded: only explicit ids, since the default and our own models come in npm packages. */
function isOnHub(model: string | URL | ModelReference | undefined): boolean {
  const { id, directory } = toReference(model);
  return model !== undefined && directory === undefined && !isOurs(id!);
}

/** True if a cached model's graphs and their external data have their listed sizes. Another tool's interrupted download may have left less. */
async function isWhole({ from, directory, file }: ModelSource): Promise<boolean> {
  if (from !== "cache") return true;
  const listing = await recordedListing(join(directory, "..", ".."), basename(directory));
  const graph = relative(directory, file).replaceAll("\\", "/");
  if (listing === undefined || !listing.has(graph)) return true;
  for (const path of weightPaths(graph, listing.keys())) {
    if (!(isSafePath(path) && (await isSize(join(directory, path), listing.get(path)!.size)))) return false;
  }
  return true;
}

/** Also says of a failed download how this machine was searched. What the hub does not have, no other pull will get. */
function afterSearch(error: BgeError, missing: BgeError): BgeError {
  if (error.code === "MODEL_NOT_FOUND") return alsoSaying(error, missing.message.split(TO_GET_IT)[0]!);
  return alsoSaying(error, missing.message, missing.advice);
}

/** @param advised the part of `more` that goes on with the advice, or is the first of it */
function alsoSaying({ code, message, parameter, cause, advice = "" }: BgeError, more: string, advised = ""): BgeError {
  return new BgeError(code, `${message} ${more}`, {
    cause,
    ...(parameter === undefined ? {} : { parameter }),
    ...(advice + advised === "" ? {} : { advice: advice + advised }),
  });
}
