import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * The options of a tool over retrieval sets. Ends the process where it is not told which sets.
 *
 * @param example of sets, for the message
 * @param more options of its own, and other defaults for these
 */
export function setOptions(example, more = {}) {
  const { values } = parseArgs({
    options: {
      data: { type: "string", default: process.env.BGE_JS_DATA },
      sets: { type: "string" },
      embedder: { type: "string" },
      queries: { type: "string" },
      documents: { type: "string" },
      cache: { type: "string", default: join(homedir(), ".cache", "bge-js", "evaluate") },
      ...more,
    },
  });
  if (!values.data || !values.sets) {
    console.error(`Name a folder of retrieval sets (--data, or BGE_JS_DATA) and some of them: --sets ${example}`);
    process.exit(2);
  }
  return values;
}
