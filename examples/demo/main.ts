import { readArguments, USAGE } from "./arguments.js";
import { runProgram } from "./run-program.js";

await runProgram("demo", async (signal) => {
  const given = readArguments(process.argv.slice(2));
  if (given.help) process.stdout.write(USAGE);
  else await (await import("./demo.js")).runDemo(given, signal); // large, and not needed for --help
});
