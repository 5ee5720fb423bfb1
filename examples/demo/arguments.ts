import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { callerFolder, parseCommandLine } from "./command-line.js";
import { UsageError } from "./errors.js";

export interface Arguments {
  readonly help: boolean;
  /** The folder to index, absolute; `undefined` for Node's API documentation. */
  readonly docs: string | undefined;
  /** `undefined` for this project's own retriever. */
  readonly framework: "langchain" | "llamaindex" | undefined;
  /** The URL of Qdrant; `undefined` for the framework's in-memory store. */
  readonly qdrant: string | undefined;
  /** The folder that keeps the index (of a framework: its vectors) between runs, absolute; `undefined` to keep nothing. */
  readonly index: string | undefined;
  /** An embedding model that can also rerank; `undefined` for the default. */
  readonly model: string | undefined;
  readonly questions: readonly string[];
}

export const USAGE = `Usage: npm run demo -- [options] [question ...]

Retrieves the best 100 texts for each question, reranks them and shows the best three. What was read
is kept, so that the second run starts at once.
Without --docs, it indexes the API documentation of the installed @types/node, with questions of its own.

  --docs FOLDER           index your own .md, .mdx, .markdown and .txt files, including subfolders
                          (except hidden ones, node_modules and links)
  --model NAME            a model other than bge-small-en-v1.5: bge-small-zh-v1.5 for Chinese
  --framework NAME        langchain or llamaindex, with its vectors in memory, instead of @bge-js/retriever
  --qdrant URL            keep a framework's vectors in Qdrant, such as http://localhost:6333; it is langchain
                          unless you name one. An API key is read from QDRANT_API_KEY
  --index FOLDER          where the index is kept, so that only new texts are read
                          (default: .index/demo in this repository; with --docs, bge-js/demo in your cache
                          folder; a framework keeps nothing of @types/node)
  -h, --help              show this help

Examples:
  npm run demo
  npm run demo -- "How do I stop a timer?"
  npm run demo -- --docs ./docs "How do I install it?" "Which licence does it have?"
`;

export function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Arguments {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  const questions = positionals.map((question) => question.trim());
  if (questions.includes("")) throw new UsageError("a question is empty");
  const framework = values.framework ?? (values.qdrant === undefined ? undefined : "langchain");
  if (framework !== undefined && framework !== "langchain" && framework !== "llamaindex") {
    throw new UsageError(`--framework is langchain or llamaindex, not ${JSON.stringify(framework)}`);
  }
  const base = callerFolder("demo", environment);
  const docs = values.docs === undefined ? undefined : resolve(base, values.docs);
  const own = framework === undefined ? REPOSITORY_INDEX : undefined;
  return {
    help: values.help ?? false,
    docs,
    framework,
    qdrant: values.qdrant,
    model: values.model,
    index:
      values.index === undefined ? (docs === undefined ? own : defaultIndex(environment)) : resolve(base, values.index),
    questions,
  };
}

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  docs: { type: "string" },
  framework: { type: "string" },
  model: { type: "string" },
  qdrant: { type: "string" },
  index: { type: "string" },
} as const;

/** A folder that git ignores. */
const REPOSITORY_INDEX = fileURLToPath(new URL("../../../.index/demo", import.meta.url));

function defaultIndex(environment: NodeJS.ProcessEnv): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "bge-js", "demo");
}
