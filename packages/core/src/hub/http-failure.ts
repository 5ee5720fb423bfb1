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
