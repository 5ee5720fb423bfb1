import type { TextEmbedding, TokenVectors } from "./embedding.js";

/** What went wrong, for a program to act on; the message says it for a person. */
export type BgeErrorCode =
  | "ACCESS_DENIED"
  | "DEADLINE_EXCEEDED"
  | "DISPOSED"
  | "DOWNLOAD_FAILED"
  | "INFERENCE_FAILED"
  | "INPUT_TOO_LONG"
  | "INVALID_INPUT"
  | "INVALID_OPTION"
  | "MODEL_CORRUPT"
  | "MODEL_MISMATCH"
  | "MODEL_NOT_FOUND"
  | "OVERLOADED"
  | "PACKAGE_NOT_FOUND"
  | "STORE_CORRUPT"
  | "UNSUPPORTED_MODEL"
  | "UNSUPPORTED_PLATFORM"
  | "WORKER_LOST";

/** Results that were finished, at their place in the caller's list; `undefined` for the rest. */
export type Completed = readonly (Float32Array | number | TextEmbedding | TokenVectors | undefined)[];

export interface BgeErrorDetails {
  /** The option or argument at fault. */
  readonly parameter?: string;
  /** Every input at fault, as positions in the caller's list, ascending. */
  readonly indices?: readonly number[];
  /** Vectors, records or scores that were finished all the same. */
  readonly completed?: Completed;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("bge-js.error");

/**
 * The one error class of bge-js: every failure that is not the caller's own abort has a `code`. `instanceof` knows the errors of
 * other copies of this package too, and those of this module before a test runner loaded it anew.
 */
export class BgeError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  override readonly name = "BgeError";
  readonly code: BgeErrorCode;
  // Declared alone: what an error has nothing to say about is not there, also when it is printed.
  declare readonly parameter?: string;
  /** The first input at fault, as its position in the caller's list. */
  declare readonly index?: number;
  declare readonly indices?: readonly number[];
  /** Left out where the error is printed or made JSON. */
  declare readonly completed?: Completed;

  constructor(code: BgeErrorCode, message: string, details: BgeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.parameter !== undefined) this.parameter = details.parameter;
    if (details.indices?.[0] !== undefined) {
      this.index = details.indices[0];
      this.indices = details.indices;
    }
    // Not enumerable: printed or sent as JSON, the vectors of thousands of texts would be megabytes.
    if (details.completed !== undefined) Object.defineProperty(this, "completed", { value: details.completed });
  }
}

Object.defineProperty(BgeError.prototype, BRAND, { value: true });

/** The error for an option or argument that cannot be what it is. */
export function invalid(parameter: string, problem: string): BgeError {
  return new BgeError("INVALID_OPTION", `${parameter} ${problem}.`, { parameter });
}

/** What went wrong, of whatever was thrown: not by class, for Node's own errors have another one in a test runner's context. */
export function messageOf(thrown: unknown): string {
  const { message } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as { readonly message?: unknown };
  return typeof message === "string" ? message : String(thrown);
}

/** A list for a message: at most ten entries, then how many more. */
export function listed(values: readonly unknown[], limit = 10): string {
  const shown = values.slice(0, limit).join(", ");
  return values.length > limit ? `${shown} and ${values.length - limit} more` : shown;
}
