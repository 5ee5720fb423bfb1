import { BgeError } from "@bge-js/core";
import { readArguments, USAGE } from "./arguments.js";
import { DemoError, messageOf, UsageError } from "./errors.js";

const stop = new AbortController();
// The first Ctrl-C stops the work cleanly; a second one ends the process.
process.once("SIGINT", () => stop.abort());

// The demo ends quietly when its reader does (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  const given = readArguments(process.argv.slice(2));
  if (given.help) process.stdout.write(USAGE);
  else await (await import("./demo.js")).runDemo(given, stop.signal); // large, and not needed for --help
} catch (error) {
  process.exitCode = exitCode(error);
}

function exitCode(error: unknown): number {
  if (stop.signal.aborted) {
    process.stderr.write("\nstopped\n");
    return 130; // as in shells, for SIGINT
  }
  if (error instanceof UsageError) {
    process.stderr.write(`${messageOf(error)}\nSee npm run demo -- --help.\n`);
    return 2;
  }
  const expected = error instanceof DemoError || error instanceof BgeError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
