import { messageOf } from "../api/errors.js";

/** A failed request. Internal: users get a `BgeError`. Contains no headers and no query string. */
export class HttpFailure extends Error {
  /** True if the same request may succeed later. */
  readonly retriable: boolean;
  readonly status: number | undefined;
  /** The hub's `X-Error-Code`: `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`. */
  readonly hubCode: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: {
      readonly retriable?: boolean;
      readonly status?: number;
      readonly hubCode?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.retriable = details.retriable ?? true;
    this.status = details.status;
    this.hubCode = details.hubCode;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Returns the failure of a connection to `where`, with its reason. An unknown host or a bad certificate is not retried. */
export function connectionFailure(where: string, cause: unknown): HttpFailure {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const reason = messageOf(cause) || code || "no reason given";
  const retriable = code !== "ENOTFOUND" && !/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|INVALID_CHAR/.test(code);
  // Most often that of a network which reads its users' traffic.
  const unknownAuthority = /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code);
  const advice = unknownAuthority
    ? ". If your network or the server has a certificate authority of its own, start Node with its certificate: NODE_EXTRA_CA_CERTS=FILE"
    : "";
  return new HttpFailure(`${where}: ${reason}${advice}`, { cause, retriable });
}
