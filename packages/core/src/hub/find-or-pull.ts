import type { LoadOptions } from "../api.js";
import { offlineVariable } from "../environment.js";
import { BgeError } from "../errors.js";
import { type ResolvedModel, resolveModel, toReference } from "../resolve.js";
import type { ModelReference, ModelSpec } from "../spec.js";
import { downloadModel } from "./download.js";
import { hubOf } from "./hub.js";
import { hubModel } from "./pull.js";

/**
 * Resolves a model, and downloads it first if it is an id that is nowhere on this machine. What is found is used as it is: a
 * package or the cache never leads to a request. A cached revision keeps its commit; only `pull` moves it.
 */
export async function findOrPull(
  model: string | ModelReference | undefined,
  options: LoadOptions,
  check: (spec: ModelSpec) => void,
): Promise<ResolvedModel> {
  const { dtype, revision, endpoint, signal, onDownload, download = true } = options;
  signal?.throwIfAborted();
  const resolve = () => resolveModel(model, { dtype, revision, check });
  let missing: BgeError;
  try {
    return resolve();
  } catch (error) {
    // The default model is what its npm package carries; only a model that was named is downloaded.
    const named = model !== undefined && toReference(model).directory === undefined;
    if (!(error instanceof BgeError) || error.code !== "MODEL_NOT_FOUND" || !named) throw error;
    missing = error;
  }
  const forbidden = download ? offlineVariable() : "download: false";
  if (forbidden !== undefined) throw alsoSaying(missing, `It was not downloaded because of ${forbidden}.`);
  const wanted = hubModel(model!, options);
  try {
    await downloadModel(hubOf({ endpoint, signal }), {
      ...wanted,
      revision: revision ?? "main",
      stay: true,
      distrust: false,
      onProgress: onDownload,
    });
  } catch (error) {
    throw error instanceof BgeError && error.code !== "INVALID_OPTION" ? alsoSaying(error, missing.message) : error;
  }
  return resolve();
}

function alsoSaying({ code, message, parameter, cause }: BgeError, more: string): BgeError {
  return new BgeError(code, `${message} ${more}`, { cause, ...(parameter === undefined ? {} : { parameter }) });
}
