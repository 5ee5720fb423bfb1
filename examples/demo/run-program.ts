import { BgeError } from "@bge-js/core";
import { DemoError, messageOf, UsageError } from "./errors.js";

/** Runs a command-line program: Ctrl-C stops it cleanly, errors that the user can fix are one line. `name` is its npm script. */
export async function runProgram(name: string, program: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  // The first Ctrl-C stops the work cleanly; a second one ends the process.
  process.once("SIGINT", () => stop.abort());
  // The program ends quietly when its reader does (`| head`).
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await program(stop.signal);
  } catch (error) {
    process.exitCode = exitCode(error, name, stop.signal);
  }
}

function exitCode(error: unknown, name: string, signal: AbortSignal): number {
  if (signal.aborted) {
    process.stderr.write("\nstopped\n");
    return 130; // as in shells, for SIGINT
  }
  if (error instanceof UsageError) {
    process.stderr.write(`${messageOf(error)}\nSee npm run ${name} -- --help.\n`);
    return 2;
  }
  const expected = error instanceof DemoError || error instanceof BgeError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
