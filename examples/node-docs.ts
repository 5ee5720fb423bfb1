import { readNodeApiDocs } from "./demo/node-api-docs.js";

const FILES = new Set([
  "fs/promises.d.ts",
  "readline.d.ts",
  "readline/promises.d.ts",
  "timers.d.ts",
  "timers/promises.d.ts",
]);

/** Longer ones would have to be split for the model, as `npm run demo` does. */
const MAX_CHARACTERS = 1_800;

/** The corpus of the database examples: the documentation of some of Node's modules, one text per symbol. */
export const NODE_DOCS = readNodeApiDocs((file) => FILES.has(file.replaceAll("\\", "/"))).filter(
  ({ text }) => text.length <= MAX_CHARACTERS,
);

export const QUESTIONS = ["How do I read a file line by line?", "make a link to a file"];
