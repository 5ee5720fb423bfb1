import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "./errors.js";

export interface Arguments {
  readonly help: boolean;
  /** The folder to index, absolute; `undefined` for Node's API documentation. */
  readonly docs: string | undefined;
  readonly framework: "langchain" | "llamaindex";
  /** The URL of Qdrant; `undefined` for the framework's in-memory store. */
  readonly qdrant: string | undefined;
  /** The folder that keeps vectors between runs, absolute; `undefined` to keep nothing. */
  readonly index: string | undefined;
  /** An embedding model that can also rerank; `undefined` for the default. */
  readonly model: string | undefined;
  readonly questions: readonly string[];
}

export const USAGE = `Usage: npm run demo -- [options] [question ...]

Retrieves the best 100 texts for each question, reranks them and shows the best three.
Without --docs, it indexes the API documentation of the installed @types/node, with questions of its own.

  --docs FOLDER           index your own .md, .mdx, .markdown and .txt files, including subfolders
                          (except hidden ones, node_modules and links)
  --model NAME            a model other than bge-small-en-v1.5: bge-small-zh-v1.5 for Chinese
  --framework NAME        langchain (default) or llamaindex
  --qdrant URL            keep the vectors in Qdrant, such as http://localhost:6333, instead of in memory;
                          an API key is read from QDRANT_API_KEY
  --index FOLDER          keep vectors between runs, so that only new texts are embedded
                          (default: with --docs, bge-js/demo in your cache folder; otherwise nothing is kept)
  -h, --help              show this help

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
  // npm runs scripts in the folder of package.json, but the user's paths are relative to where npm was called.
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
