import { BgeError } from "@bge-js/core";
import { abortable, HttpFailure, messageOf, PATIENCE, type Patience, withRetries } from "@bge-js/core/adapter";

/** Statuses with which a server says that the same request may succeed later. */
const LATER = new Set([408, 429, 500, 502, 503, 504]);

/** A search that waits longer has lost its user. */
export const SEARCH_PATIENCE: Patience = {
  ...PATIENCE,
  failures: 3,
  failuresInAll: 3,
  firstPauseMs: 100,
  longestPauseMs: 1000,
  longestRetryAfterMs: 5000,
};

/** A bulk load outlives a server that starts again: half a minute at least, with each pause as short as it may be. */
export const ADD_PATIENCE: Patience = { ...PATIENCE, failures: 19, longestPauseMs: 4000 };

/** A rate limit that is smaller than the request: "please try to split your request". */
const TOO_MUCH_AT_ONCE = /rate limit.*split your request/s;

/** A request that was refused, whose content is at fault rather than the connection, or with fewer points might not be. */
export function isRefusal(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  if (!(cause instanceof HttpFailure)) return false;
  return [400, 413, 422].includes(cause.status ?? 0) || (cause.status === 429 && !cause.retriable);
}

/**
 * Sends a request to Qdrant, again after a while if the connection fails or the server is overloaded. All requests of this
 * package may be repeated. The client cannot be interrupted: after an abort the request ends by itself.
 *
 * @param doing what the request does, for error messages
 * @throws BgeError `STORE_FAILED`
 */
export async function ask<T>(
  doing: string,
  request: () => Promise<T>,
  signal: AbortSignal | undefined,
  patience: Patience = PATIENCE,
): Promise<T> {
  const orAbort = abortable(signal);
  // Of the seconds that the server asks for, the client passes on the first digit (1.18, 1.19): waiting that long is no failure.
  let isTold = false;
  try {
    return await withRetries(
      () =>
        orAbort(
          request().catch((error: unknown) => {
            const failure = toFailure(error);
            isTold = failure instanceof HttpFailure && failure.retryAfterMs !== undefined;
            throw failure;
          }),
        ),
      patience,
      signal,
      () => isTold,
    );
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    const advice = error.retriable
      ? "It was tried several times. Check that the server runs and can be reached, and call again: what is stored stays."
      : error.status === 401 || error.status === 403
        ? "Give the client an apiKey that may do this."
        : "";
    throw new BgeError("STORE_FAILED", `Qdrant could not ${doing}: ${error.message}. ${advice}`.trim(), {
      cause: error,
    });
  }
}

/** Recognises the client's errors by their shape: there may be two copies of it. */
export function toFailure(error: unknown): unknown {
  const {
    name,
    status,
    data,
    retry_after: seconds,
    cause,
  } = error as {
    readonly name?: string;
    readonly status?: unknown;
    readonly data?: { readonly status?: { readonly error?: unknown } };
    readonly retry_after?: number;
    readonly cause?: unknown;
  };
  if (typeof status === "number") {
    const told = data?.status?.error ?? messageOf(error);
    const retriable = LATER.has(status) && !(status === 429 && TOO_MUCH_AT_ONCE.test(String(told)));
    return new HttpFailure(`${told} (status ${status})`, { status, retriable, cause: error });
  }
  if (typeof seconds === "number") {
    return new HttpFailure(messageOf(error), { status: 429, retryAfterMs: seconds * 1000, cause: error });
  }
  // Of fetch: the reason is in its cause.
  const isNetwork = name === "TypeError" && messageOf(error) === "fetch failed";
  if (isNetwork) return new HttpFailure(`fetch failed: ${messageOf(cause)}`, { cause: error });
  if (name === "QdrantClientTimeoutError") return new HttpFailure(messageOf(error), { cause: error });
  return error;
}
