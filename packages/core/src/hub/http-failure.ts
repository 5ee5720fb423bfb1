/** A request that did not give what was asked for. Inside the hub alone: users get a `BgeError`. Holds no header and no query. */
export class HttpFailure extends Error {
  /** May the same request work later? */
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
