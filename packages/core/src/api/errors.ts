import type { TextEmbedding, TokenVectors } from "./embedding.js";

/** What went wrong, for programs. The message is for people. */
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
  | "SERVER_FAILED"
  | "STORE_CORRUPT"
  | "STORE_FAILED"
  | "STORE_IN_USE"
  | "STORE_MISMATCH"
  | "UNSUPPORTED_MODEL"
  | "UNSUPPORTED_PLATFORM"
  | "WORKER_LOST";

/** Finished results at their index in the caller's list, one entry per input; `undefined` for the rest. */
export type Completed = readonly (Float32Array | number | TextEmbedding | TokenVectors | undefined)[];

export interface BgeErrorDetails {
  /** The option or argument at fault. */
  readonly parameter?: string;
  /** Every input at fault, as indices into the caller's list, ascending. */
  readonly indices?: readonly number[];
  /** Vectors, records or scores that were finished anyway. */
  readonly completed?: Completed;
  /** The part of the message that advises functions and options of bge-js. */
  readonly advice?: string;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("bge-js.error");

/**
 * The only error class of bge-js: every failure except the caller's own abort has a `code`. `instanceof` also recognises errors from
 * other copies of this package, and from this module before a test runner reloaded it.
 */
export class BgeError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  override readonly name = "BgeError";
  readonly code: BgeErrorCode;
  // Only declared, so that unset properties are absent, also when the error is printed.
  /** The option or argument at fault. */
  declare readonly parameter?: string;
  /** The first input at fault, as an index into the caller's list. */
  declare readonly index?: number;
  /** Every input at fault, as indices into the caller's list, ascending. */
  declare readonly indices?: readonly number[];
  /** Finished results, one entry per input. Omitted when the error is printed or converted to JSON. */
  declare readonly completed?: Completed;
  /**
   * The part of `message` that advises functions and options of bge-js, for programs whose users have others: they show the rest, and
   * advice of their own. Absent where all of the message is for anybody. Omitted when the error is printed or converted to JSON.
   */
  declare readonly advice?: string;

  constructor(code: BgeErrorCode, message: string, details: BgeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.parameter !== undefined) this.parameter = details.parameter;
    if (details.indices?.[0] !== undefined) {
      this.index = details.indices[0];
      this.indices = details.indices;
    }
    // Not enumerable: the vectors of thousands of texts would print, or serialise, as megabytes.
    if (details.completed !== undefined) Object.defineProperty(this, "completed", { value: details.completed });
    if (details.advice !== undefined) Object.defineProperty(this, "advice", { value: details.advice });
  }
}

Object.defineProperty(BgeError.prototype, BRAND, { value: true });

/** Returns the error for an invalid option or argument. */
export function invalid(parameter: string, problem: string): BgeError {
  return new BgeError("INVALID_OPTION", `${parameter} ${problem}.`, { parameter });
}

/** Returns the message of any thrown value. Not by class: in a test runner's context, Node's own errors have a different one. */
export function messageOf(thrown: unknown): string {
  const { message } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as { readonly message?: unknown };
  if (typeof message === "string") return message;
  return typeof thrown === "string" ? thrown : shown(thrown);
}

/** Characters that a message has of a value. */
const SHOWN = 200;

/** Formats any value for a message: also one that refers to itself, has methods that throw, or is very large. */
export function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value)) return ofView(value);
  return clipped(typeof value === "string" || typeof value === "object" ? toJson(value) : String(value));
}

/** Returns the beginning of a text that is too long for a message. */
export function clipped(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(beginningOf(value, { values: SHOWN })) ?? "an object";
  } catch {
    return "an object that cannot be written as JSON";
  }
}

/** Returns as much of a value as a message has room for, as JSON: to write all of a large one may take seconds. */
function beginningOf(given: unknown, room: { values: number }): unknown {
  // Each value takes a character at least.
  if (room.values-- <= 0) return null;
  if (typeof given === "string") return given.slice(0, SHOWN);
  if (typeof given === "function") return undefined;
  if (typeof given !== "object" || given === null) return given;
  if (ArrayBuffer.isView(given)) return ofView(given);
  const json: unknown = "toJSON" in given && typeof given.toJSON === "function" ? given.toJSON("") : given;
  if (json !== given) return beginningOf(json, room);
  if (Array.isArray(given)) return given.slice(0, SHOWN).map((inner) => beginningOf(inner, room));
  const names = Object.keys(given).slice(0, SHOWN);
  return Object.fromEntries(names.map((name) => [name, beginningOf(given[name as keyof typeof given], room)]));
}

function ofView(view: ArrayBufferView): string {
  const { length = view.byteLength } = view as { readonly length?: number };
  return `${Object.prototype.toString.call(view).slice(8, -1)} of length ${length}`;
}

/** Formats a list for a message: at most `limit` entries, then how many more. */
export function listed(values: readonly unknown[], limit = 10): string {
  const shown = values.slice(0, limit).join(", ");
  return values.length > limit ? `${shown} and ${values.length - limit} more` : shown;
}
