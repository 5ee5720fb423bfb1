import { BgeError } from "@bge-js/core";
import { diskHint, invalid } from "@bge-js/core/adapter";

export function corrupt(directory: string, problem: string, cause?: unknown): BgeError {
  const advice = "Restore the directory from a copy, or name a new one and add the documents again.";
  return new BgeError("STORE_CORRUPT", `The index in ${directory} cannot be read: ${problem}. ${advice}`, {
    parameter: "directory",
    ...(cause !== undefined && { cause }),
  });
}

/** What the system said when it was asked to read or write the index: permissions, a full disk. */
export function failed(directory: string, doing: string, cause: unknown): BgeError {
  const { message = String(cause) } = cause as Partial<Error>;
  const problem = `The index in ${directory} could not be ${doing}: ${message}${diskHint(cause)}.`;
  return new BgeError("STORE_FAILED", `${problem} What was stored before is intact.`, {
    parameter: "directory",
    cause,
  });
}

export function inUse(directory: string, who: string): BgeError {
  return new BgeError(
    "STORE_IN_USE",
    `The index in ${directory} is being written to by ${who}. Only one retriever at a time can add and remove: ` +
      "share that one, dispose it first, or open this one with readOnly: true.",
    { parameter: "directory" },
  );
}

/** What a writer is told in a process that reads the same index. */
export function isRead(directory: string): BgeError {
  return new BgeError(
    "STORE_IN_USE",
    `The index in ${directory} is open in this process with readOnly: true, and cannot be opened for writing beside that: ` +
      "dispose that retriever first, or open the one that writes before it.",
    { parameter: "directory" },
  );
}

/** What a writer is told whose files are in no folder any more. */
export function removed(directory: string): BgeError {
  return new BgeError(
    "STORE_FAILED",
    `The index in ${directory} was removed while it was open, and what is added now would be lost. Dispose it, and open it again.`,
    { parameter: "directory" },
  );
}

/** What a reader is told that may not write to the file of locks, while there is a writer. */
export function unseen(directory: string): BgeError {
  return new BgeError(
    "STORE_IN_USE",
    `The index in ${directory} is being written to, and this reader may not write to its lock.mdb, by which writers see ` +
      "what is being read. Give it the permission (a folder that is mounted to be written to), or read while nobody writes.",
    { parameter: "directory" },
  );
}

/** What a reader is told between a writer's first file and its first commit: the same as before there is a file. */
export function notYet(directory: string): BgeError {
  const advice = "A writer has only begun to make one: try again, or add documents without readOnly";
  return invalid("directory", `has no index to read yet: ${directory}. ${advice}`);
}
