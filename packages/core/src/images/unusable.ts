import { BgeError } from "../api/errors.js";

/** Returns the error for a picture that cannot be used. The caller adds its index. */
export function unusable(problem: string, cause?: unknown): BgeError {
  return new BgeError("INVALID_INPUT", `The image cannot be used: ${problem}.`, { parameter: "image", cause });
}
