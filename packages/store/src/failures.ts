import { BgeError } from "@bge-js/core";
import { diskHint } from "@bge-js/core/adapter";

/** The error for what LMDB or the system said when the store was to be opened, read or written. */
export function failure(directory: string, doing: "opened" | "read" | "written", cause: unknown): BgeError {
  if (cause instanceof BgeError) return cause;
  const { message = String(cause) } = cause as Partial<Error>;
  const problem = `The store in ${directory} could not be ${doing}: ${message}${diskHint(cause)}.`;
  return new BgeError("STORE_FAILED", problem, { parameter: "directory", cause });
}

export function corrupt(directory: string, problem: string): BgeError {
  const advice = "Delete the folder: texts are then read again.";
  return new BgeError("STORE_CORRUPT", `The store in ${directory} cannot be read: ${problem}. ${advice}`, {
    parameter: "directory",
  });
}

export function disposed(directory: string): BgeError {
  return new BgeError("DISPOSED", `The store in ${directory} was disposed. Open it again to continue.`);
}

export function removed(directory: string): BgeError {
  const problem = `The store in ${directory} was removed while it was open, and what is put now would be lost.`;
  return new BgeError("STORE_FAILED", `${problem} Dispose it, and open it again.`, { parameter: "directory" });
}
