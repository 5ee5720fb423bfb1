#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { createContext } from "./context.js";
import { exitCodeOf } from "./exit.js";
import { createProgram } from "./program.js";

// Model packages are looked for from the program's own file, which a link in a bin folder is not.
process.argv[1] = fileURLToPath(import.meta.url);

const context = createContext();
const program = createProgram(context);
try {
  await program.parseAsync();
} catch (error) {
  const running = program.commands.find((command) => command.name() === program.args[0]);
  process.exitCode = exitCodeOf(error, running ?? program, context);
}
