import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "./errors.js";

export interface Arguments {
  readonly help: boolean;
  /** The folder to index, absolute; none for Node's API documentation. */
  readonly docs: string | undefined;
  readonly framework: "langchain" | "llamaindex";
  /** Where Qdrant answers; none for the framework's own store in memory. */
  readonly qdrant: string | undefined;
  /** The folder that keeps vectors between runs, absolute; none to keep nothing. */
  readonly index: string | undefined;
  /** An embedding model that can rerank too; none for the default. */
  readonly model: string | undefined;
  readonly questions: readonly string[];
}

export const USAGE = `Usage: npm run demo -- [options] [question ...]

Retrieves the best 100 texts for each question, reranks them and shows the best three.
Without --docs it indexes the API documentation of the installed @types/node, and has questions of its own.

  --docs FOLDER           index your own .md, .mdx, .markdown and .txt files, folders within included
                          (hidden ones, node_modules and links are left out)
  --model NAME            a model other than bge-small-en-v1.5: bge-small-zh-v1.5 for Chinese
  --framework NAME        langchain (default) or llamaindex
  --qdrant URL            keep the vectors in Qdrant, http://localhost:6333 for example; by default they are in
                          memory. An API key is read from QDRANT_API_KEY.
  --index FOLDER          where vectors are kept between runs, so that only new texts are embedded
                          (default with --docs: bge-js/demo in your cache folder; without: nothing is kept)
  -h, --help              show this

Examples:
  npm run demo
  npm run demo -- "How do I stop a timer?"
  npm run demo -- --docs ./docs "How do I install it?" "Which licence does it have?"
`;

export function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Arguments {
  const { values, positionals } = parse(args);
  const questions = positionals.map((question) => question.trim());
  if (questions.includes("")) throw new UsageError("a question is empty");
  const framework = values.framework ?? "langchain";
  if (framework !== "langchain" && framework !== "llamaindex") {
    throw new UsageError(`--framework is langchain or llamaindex, not ${JSON.stringify(framework)}`);
  }
  // npm runs scripts in the folder of package.json; the user's paths are relative to where npm was called.
  const base = environment["npm_lifecycle_event"] === "demo" ? (environment["INIT_CWD"] ?? ".") : ".";
  const docs = values.docs === undefined ? undefined : resolve(base, values.docs);
  const cache = docs === undefined ? undefined : defaultIndex(environment);
  return {
    help: values.help ?? false,
    docs,
    framework,
    qdrant: values.qdrant,
    model: values.model,
    index: values.index === undefined ? cache : resolve(base, values.index),
    questions,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        docs: { type: "string" },
        framework: { type: "string" },
        model: { type: "string" },
        qdrant: { type: "string" },
        index: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function defaultIndex(environment: NodeJS.ProcessEnv): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "bge-js", "demo");
}
