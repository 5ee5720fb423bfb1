import { runProgram } from "../demo/run-program.js";
import { readArguments, USAGE } from "./arguments.js";
import { searchPictures } from "./search.js";

await runProgram("demo:images", async (signal) => {
  const given = readArguments(process.argv.slice(2));
  if (given.help) process.stdout.write(USAGE);
  else await searchPictures(given, signal);
});
