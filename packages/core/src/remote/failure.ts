import { BgeError } from "../api/errors.js";
import { HttpFailure } from "../hub/http-failure.js";
import { PATIENCE } from "../hub/retry.js";

/** An answer that is none of what the dialect says: a wrong count, a wrong width, no JSON. */
export class BadAnswer extends HttpFailure {}

/** A server's refusal, with what its body says. */
export class Refusal extends HttpFailure {
  override readonly status: number;
  /** The server's own words, shortened. They may quote a text, so they are in no event. */
  readonly said: string;

  constructor(
    where: string,
    status: number,
    said: string,
    details: { readonly retriable: boolean; readonly retryAfterMs: number | undefined },
  ) {
    super(`${where} answered ${status}${said === "" ? "" : `: ${said}`}`, { ...details, status });
    this.status = status;
    this.said = said;
  }
}

const TOO_LONG =
  /must have less than|at most \d+ (characters|tokens)|too long|maximum (context|allowed|input|sequence)|exceeds? (the )?(max|model|context)|larger than the max|token limit/i;

/** True if the server refused a text for its length. */
export function isTooLong(failure: unknown): failure is Refusal {
  return failure instanceof Refusal && [400, 413, 422, 500].includes(failure.status) && TOO_LONG.test(failure.said);
}

/** True if the fault may be one text's, so that the others of its batch should be sent without it. */
export function mayBeOneText(failure: unknown): failure is Refusal {
  return failure instanceof Refusal && [400, 413, 422, 424, 500].includes(failure.status);
}

/** True if no server answered. */
export function isUnreachable(failure: HttpFailure): boolean {
  return failure.status === undefined && !(failure instanceof BadAnswer);
}

/** Turns what a request failed with into the user's error. */
export function userError(failure: unknown): BgeError {
  if (failure instanceof BgeError) return failure;
  if (!(failure instanceof HttpFailure)) {
    return new BgeError("SERVER_FAILED", `The request failed: ${String(failure)}`, { cause: failure });
  }
  const { message, status } = failure;
  const details = { cause: failure };
  if (isTooLong(failure)) {
    return new BgeError(
      "INPUT_TOO_LONG",
      `${message}. Split the text, or set truncation to "warn" or "silent".`,
      details,
    );
  }
  switch (status) {
    case 401:
    case 403:
      return new BgeError("ACCESS_DENIED", `${message}. Check the key that apiKey names.`, details);
    case 404:
    case 405:
      return new BgeError(
        "MODEL_MISMATCH",
        `${message}. Check url (the dialect's paths are put behind it), api, path, and the model's name.`,
        { ...details, parameter: "url" },
      );
    case 429:
    case 503:
      return new BgeError("OVERLOADED", `${message}, ${patienceOf(failure)}`, details);
    case 400:
    case 413:
    case 422:
    case 424:
      return new BgeError("INVALID_INPUT", `${message}.`, details);
    default:
      return new BgeError("SERVER_FAILED", `${message}.`, details);
  }
}

function patienceOf({ retryAfterMs = 0 }: HttpFailure): string {
  if (retryAfterMs <= PATIENCE.longestRetryAfterMs) return "again and again. Send less at once, or raise attempts.";
  return `and asks for a pause of ${Math.ceil(retryAfterMs / 1000)} s, which is not waited for. Call again after it.`;
}

/** The same for what a server says to the first, short text: then no text is at fault, and it does not have this task. */
export function loadError(failure: HttpFailure): BgeError {
  const error = userError(failure);
  if (error.code !== "INVALID_INPUT") return error;
  const message = `${failure.message}. Does this server's model do what is asked of it: embed, or rerank?`;
  return new BgeError("MODEL_MISMATCH", message, { parameter: "url", cause: failure });
}
