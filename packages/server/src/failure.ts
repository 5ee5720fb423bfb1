import { BgeError } from "@bge-js/core";

/** A request that is answered with an error. */
export class Failure extends Error {
  readonly status: number;
  readonly type: ErrorType;

  constructor(status: number, type: ErrorType, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** TEI's names. */
export type ErrorType = "Unhealthy" | "Backend" | "Overloaded" | "Validation" | "Tokenizer" | "Empty" | "Unauthorized";

export function validation(message: string): Failure {
  return new Failure(422, "Validation", `Input validation error: ${message}`);
}

/** Turns what a request failed with into its answer. No message of core has a text in it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof BgeError)) return new Failure(500, "Backend", "The server failed. This is a bug.");
  const { code, message } = error;
  switch (code) {
    case "INPUT_TOO_LONG": {
      // As TEI words it, because its clients look for the words and the number.
      const [, limit] = /limit is (\d+) tokens/.exec(message) ?? [];
      const [, given] = / has (\d+)/.exec(message) ?? [];
      const length = given === undefined ? "" : ` Given: ${given}`;
      return validation(`\`inputs\` must have less than ${limit ?? "the model's"} tokens.${length}`);
    }
    case "INVALID_INPUT":
    case "INVALID_OPTION":
      return validation(message);
    case "OVERLOADED":
      return new Failure(429, "Overloaded", "Model is overloaded");
    case "DISPOSED":
      return new Failure(503, "Unhealthy", "The server is shutting down");
    default:
      return new Failure(424, "Backend", message);
  }
}
