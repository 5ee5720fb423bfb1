import type { BgeError } from "@bge-js/core";
import { type Command, CommanderError } from "commander";
import { type Context, STOP_CODES, Stopped } from "./context.js";
import { told } from "./told.js";

/** The exit codes that every command shares. */
export const EXIT = {
  /** Everything was done. */
  ok: 0,
  /** Something was left out or found wrong, and said on standard error; everything else was done. */
  partly: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** The command could not be carried out. */
  failed: 3,
} as const;

/** The command line is wrong. */
export class UsageError extends Error {}

/** The command cannot be carried out, for a reason outside the program. */
export class CommandError extends Error {}

/** Tells the user of a command what went wrong, in one line where the reason is known, and returns the exit code. */
export function exitCodeOf(
  error: unknown,
  command: Command,
  { signal, note }: Pick<Context, "signal" | "note">,
): number {
  if (signal.aborted && signal.reason instanceof Stopped) {
    const { by, message } = signal.reason;
    if (by !== "EPIPE") note(`bge: ${message}`);
    return STOP_CODES[by];
  }
  // Commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError) {
    note(`bge: ${error.message}\nSee bge --help.`);
    return EXIT.usage;
  }
  if (isBgeError(error)) {
    note(`bge: ${told(error, command)} (${error.code})`);
    return error.code === "INVALID_OPTION" ? EXIT.usage : EXIT.failed;
  }
  note(`bge: ${isExpected(error) ? error.message : String((error as Error)?.stack ?? error)}`);
  return EXIT.failed;
}

/** True for errors of ours, and of the system: a file that is not there, a port in use. */
function isExpected(error: unknown): error is Error {
  return error instanceof CommandError || (error instanceof Error && "syscall" in error);
}

/** Told by its name, so that `--help` need not load core. */
function isBgeError(error: unknown): error is BgeError {
  return error instanceof Error && error.name === "BgeError";
}
