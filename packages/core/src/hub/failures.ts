import { BgeError, messageOf } from "../api/errors.js";
import { isDiskFull } from "./blob.js";
import { HttpFailure } from "./http-failure.js";
import { type Hub, hostOf } from "./hub.js";

/** The purpose of a download, for error messages. */
export interface Purpose {
  readonly hub: Hub;
  readonly id: string;
  readonly revision: string;
  /** The cache folder. */
  readonly cache: string;
}

/** What the system says of a cache that cannot be written to; `ENOENT` where no folder can be made, as below `/proc`. */
const NOT_WRITABLE = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR", "ENOENT", "ENAMETOOLONG"];

/** Turns a download's failure into the user's error: what failed, and what to do. Aborts by the caller are left unchanged. */
export function downloadError(error: unknown, { hub, id, revision, cache }: Purpose): unknown {
  if (error instanceof BgeError || hub.signal?.aborted === true) return error;
  const failed = `${id} could not be downloaded from ${hostOf(hub)}`;
  if (error instanceof HttpFailure) return ofHub(error, { hub, id, revision, failed });
  const { code } = error as NodeJS.ErrnoException;
  if (isDiskFull(error)) {
    const advice = "Free some space, or set HF_HUB_CACHE to a folder on another disk.";
    return new BgeError("DOWNLOAD_FAILED", `${failed}: the disk of ${cache} is full (${messageOf(error)}). ${advice}`, {
      cause: error,
    });
  }
  if (code !== undefined && NOT_WRITABLE.includes(code)) {
    const advice = "Set HF_HUB_CACHE or HF_HOME to a writable folder.";
    return new BgeError("DOWNLOAD_FAILED", `${failed}: cannot write to ${cache} (${messageOf(error)}). ${advice}`, {
      cause: error,
    });
  }
  return code === undefined
    ? error
    : new BgeError("DOWNLOAD_FAILED", `${failed}: ${messageOf(error)}`, { cause: error });
}

function ofHub(
  error: HttpFailure,
  { hub, id, revision, failed }: Omit<Purpose, "cache"> & { readonly failed: string },
): BgeError {
  const { status, hubCode, retryAfterMs } = error;
  const details = { parameter: "model", cause: error };
  const tokenAdvice =
    hub.token === undefined
      ? "set HF_TOKEN to a token with access to it"
      : "check the token that was sent (from HF_TOKEN, or the file of `hf auth login`): it is not valid or has no access";
  if (hubCode === "GatedRepo") {
    const advice = `Accept its licence at ${hostOf(hub)}/${id}, then ${tokenAdvice}.`;
    return new BgeError("ACCESS_DENIED", `${failed}: it is gated. ${advice}`, details);
  }
  if (hubCode === "RevisionNotFound") {
    const problem = `${id} has no revision ${JSON.stringify(revision)} on ${hostOf(hub)}.`;
    return new BgeError("MODEL_NOT_FOUND", problem, { ...details, parameter: "revision" });
  }
  // The hub also answers 401 for models that do not exist, so as not to reveal private ones.
  if (status === 401) {
    const problem = `${failed}: it does not exist there, or it is private (401). Check the id; if it is private, ${tokenAdvice}.`;
    return new BgeError("ACCESS_DENIED", problem, details);
  }
  if (status === 403) {
    const problem = `${failed}: access is denied (403). If it is gated, accept its licence at ${hostOf(hub)}/${id}; ${tokenAdvice}.`;
    return new BgeError("ACCESS_DENIED", problem, details);
  }
  if (status === 404) {
    const problem = `${failed}: it does not exist there (404: ${error.message}). Check the id and, if set, HF_ENDPOINT.`;
    return new BgeError("MODEL_NOT_FOUND", problem, details);
  }
  const wait = retryAfterMs === undefined ? "" : ` It asks to retry in ${Math.ceil(retryAfterMs / 1000)} s.`;
  const advice = "Downloaded data is kept, and the next attempt resumes from it.";
  return new BgeError("DOWNLOAD_FAILED", `${failed}: ${error.message}.${wait} ${advice}`, { cause: error });
}
