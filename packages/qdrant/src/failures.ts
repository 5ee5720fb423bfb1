import { BgeError } from "@bge-js/core";
import { abortable, HttpFailure, messageOf, PATIENCE, type Patience, withRetries } from "@bge-js/core/adapter";

/** Statuses with which a server says that the same request may succeed later. */
const LATER = new Set([408, 429, 500, 502, 503, 504]);

/** A search that waits longer has lost its user. */
export const SEARCH_PATIENCE: Patience = {
  ...PATIENCE,
  failures: 3,
  firstPauseMs: 100,
  longestPauseMs: 1000,
  longestRetryAfterMs: 5000,
};

/** A request that was refused, whose content is at fault rather than the connection. */
export function isRefusal(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof HttpFailure && [400, 413, 422].includes(cause.status ?? 0);
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
  try {
    return await withRetries(
      () =>
        orAbort(
          request().catch((error: unknown) => {
            throw toFailure(error);
          }),
        ),
      patience,
      signal,
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
    return new HttpFailure(`${told} (status ${status})`, { status, retriable: LATER.has(status), cause: error });
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
