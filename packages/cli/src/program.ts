import { Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "./context.js";
import { version } from "./version.js";

const HELP = `
Examples:
  bge search ./docs "How do I install it?"       the best passages of a folder, as file:line
  bge mcp ./docs ./src                           the same for a coding agent, over MCP
  bge embed texts.jsonl > vectors.jsonl          one line in, one line out
  bge serve                                      the models by HTTP, as OpenAI's API and TEI have it
  bge rerank --query "opening hours" --text < lines.txt
  bge doctor                                     what this machine can do; paste it into an issue

Everything runs on this machine. Nothing is sent anywhere; a model that is not here is downloaded
from the Hugging Face hub when you name it, never otherwise (--offline: not even then).

Exit codes:
  0  everything was done        2  the command line is wrong
  1  something was left out, and standard error says what; the rest was done
  3  the command could not be carried out        130, 143  stopped by Ctrl-C, by SIGTERM

Results go to standard output, everything else to standard error.`;

const SEARCH_HELP = `
A passage is found by its words, by its meaning, and by the meaning of its parts, all in one ranking. The
first search embeds the whole folder (about 100 passages a second); later ones read only what changed.
Hidden files, node_modules, what .gitignore names, links, files over 4 MB and PDFs over 100 MB are passed
over. What cannot be read is named on standard error: texts in old encodings (convert them to UTF-8),
PDFs with a password, and scanned ones (run OCR). A passage of a PDF is shown as file:page.

Examples:
  bge search ./docs "How do I install it?"
  bge search ~/notes "flat tyre" --json | jq -r .path
  bge search . "where is the cache written?" --rerank --index ~/.cache/bge/project`;

const MCP_HELP = `
The tools: search finds passages by meaning, read returns lines of a file, or pages of a PDF, that search
can find, and no other. Files are read again as they change. Nothing is sent anywhere, and nothing can be written.

Claude Code:  claude mcp add docs -- npx -y --ignore-scripts @bge-js/cli mcp ./docs
Others:       {"mcpServers": {"docs": {"command": "npx", "args": ["-y", "--ignore-scripts", "@bge-js/cli", "mcp", "/path/to/docs"]}}}`;

const SERVE_HELP = `
Routes: /v1/embeddings, /v1/rerank, /v1/models; /embed, /embed_all, /embed_sparse, /rerank, /similarity, /tokenize,
/info, /health, /metrics. It listens on 127.0.0.1 unless --host says otherwise. On SIGINT and SIGTERM it finishes what it has
accepted and ends with 0.

Examples:
  bge serve --port 8080
  KEY=... bge serve --host 0.0.0.0 --key-env KEY --model BAAI/bge-m3
  curl http://127.0.0.1:8080/v1/embeddings -H 'content-type: application/json' -d '{"input": "a panda"}'`;

const EMBED_HELP = `
A line is a JSON string, or an object with a "text" whose other fields are kept. The result is the same
object with "embedding", in the order of the lines. A line that cannot be used is named on standard
error, and the exit code is 1. Blank lines are left out. Without a FILE, or for -, standard input is read.

Examples:
  echo '{"id": 7, "text": "what is a panda?"}' | bge embed --query
  bge embed --text notes.txt | jq -c .embedding
  bge embed --model BAAI/bge-m3 --outputs dense,sparse passages.jsonl`;

const RERANK_HELP = `
With --query, each line is a document: all are read, and written best first with their "score".
Without it, each line is {"query": ..., "documents": [...]}, and its answer is written as soon as it is
there, in the order of the lines, with "results": [{"index", "score", "document"}]. Documents are strings,
or objects with a "text". The default reranker's scores compare the documents of one query only.

Examples:
  bge rerank --query "opening hours" --top 3 passages.jsonl
  grep -rh panda ./notes | bge rerank --query "what do pandas eat?" --text --top 5`;

/** Creates the command line. Each command's code is loaded when it runs. */
export function createProgram(context: Context): Command {
  const program = new Command("bge")
    .description("BGE retrieval models on the command line: search by meaning, embed, rerank. Offline, on a CPU.")
    .version(version)
    .exitOverride()
    .addHelpText("after", HELP)
    .showHelpAfterError("See bge --help, or bge COMMAND --help.");
  const finish = async (code: Promise<number>) => {
    process.exitCode = await code;
  };

  indexOptions(
    program
      .command("search")
      .description("find the best passages of a folder for a question")
      .argument("<FOLDER>", "Markdown, text, HTML, PDF and source code, in all its folders")
      .argument("<QUESTION>", "what you want to know, or words"),
  )
    .option("-n, --top <N>", "write the best N", count, 5)
    .option("--rerank", "let a cross-encoder read the best 12 again: better, and slower")
    .option("--json", "write a JSON line for each passage")
    .addHelpText("after", SEARCH_HELP)
    .action(async (folder, question, flags) =>
      finish((await import("./commands/search.js")).search(folder, question, flags, context)),
    );

  indexOptions(
    program
      .command("mcp")
      .description("serve folders to a coding agent: an MCP server with search and read")
      .argument("<FOLDER...>", "folders to search"),
  )
    .addOption(new Option("--no-rerank", "do not let a cross-encoder read the best 12 again: faster"))
    .option(
      "--http <PORT>",
      "serve streamable HTTP on 127.0.0.1 instead of standard input and output; 0 for a free port",
      port,
    )
    .addHelpText("after", MCP_HELP)
    .action(async (folders, flags) => finish((await import("./commands/mcp.js")).mcp(folders, flags, context)));

  program
    .command("serve")
    .description("serve an embedding model and a reranker by HTTP, in the dialects of OpenAI and TEI")
    .option("-m, --model <NAME>", "a Hugging Face id, or a folder (default: bge-small-en-v1.5)")
    .option("--reranker <NAME>", "a Hugging Face id, or a folder", "bge-js/reranker-small-en")
    .option("--no-reranker", "serve no reranker")
    .option("-p, --port <PORT>", "the port; 0 for a free one", port, 8080)
    .option(
      "--host <ADDRESS>",
      "the address to listen on; others than this machine can reach it if it is not loopback's",
    )
    .option("--key-env <NAME>", "the environment variable with the bearer token that requests must carry")
    .option("--auto-truncate", "cut texts over the limit where a request does not say, instead of refusing them")
    .option("--threads <N>", "processor threads (default: all of this container's)", count)
    .option("--offline", "never download a model")
    .addHelpText("after", SERVE_HELP)
    .action(async (flags) => finish((await import("./commands/serve.js")).serve(flags, context)));

  modelOptions(
    program
      .command("embed")
      .description("turn lines of text into vectors")
      .argument("[FILE...]", "files of lines; - is standard input", ["-"]),
    "bge-small-en-v1.5",
  )
    .addOption(textOption())
    .addOption(fieldOption())
    .option("--query", "the lines are queries: they get the model's instruction")
    .option(
      "--outputs <LIST>",
      "of a model with several: dense,sparse,multiVector",
      list("dense", "sparse", "multiVector"),
    )
    .option("--dimensions <N>", "cut vectors to this length", count)
    .option("--task <NAME>", "for models with instructions by task")
    .option("--vectors", "write each vector alone, without the line's fields")
    .addHelpText("after", EMBED_HELP)
    .action(async (files, flags) => finish((await import("./commands/embed.js")).embed(files, flags, context)));

  modelOptions(
    program
      .command("rerank")
      .description("score documents against a query")
      .argument("[FILE...]", "files of lines; - is standard input", ["-"]),
    "reranker-small-en with bge-small-en-v1.5",
  )
    .option("-q, --query <TEXT>", "the lines are documents for this query")
    .addOption(textOption())
    .addOption(fieldOption())
    .option("--top <N>", "write the best N only", count)
    .option("--threshold <SCORE>", "write documents with at least this score; with --scale logit or sigmoid", number)
    .addOption(new Option("--scale <NAME>", "what scores are").choices(["logit", "sigmoid", "fused"]))
    .addHelpText("after", RERANK_HELP)
    .action(async (files, flags) => finish((await import("./commands/rerank.js")).rerank(files, flags, context)));

  program
    .command("pull")
    .description("download models into the Hugging Face cache; writes their folders")
    .argument("<MODEL...>", "Hugging Face ids: BAAI/bge-base-en-v1.5")
    .addOption(dtypeOption())
    .option("--revision <NAME>", "a branch, a tag or a commit (default: main)")
    .option("--verify", "hash files already in the cache, and download damaged ones again")
    .option("--json", "write a JSON line for each model")
    .action(async (models, flags) => finish((await import("./commands/pull.js")).pull(models, flags, context)));

  program
    .command("models")
    .description("list the models that bge knows, and those on this machine")
    .option("--local", "only those on this machine")
    .option("--json", "write a JSON line for each model")
    .action(async (flags) => finish((await import("./commands/models.js")).models(flags, context)));

  program
    .command("doctor")
    .description("check this machine: processor, threads, memory, model files, speed")
    .option("--json", "write one JSON object")
    .option("--no-benchmark", "skip the benchmark, which takes some seconds")
    .addHelpText(
      "after",
      "\nThe report names no file, folder, user or host: it can be pasted into an issue.\nThe exit code is 1 if a check failed.",
    )
    .action(async (flags) => finish((await import("./commands/doctor.js")).doctor(flags, context)));

  return program;
}

function modelOptions(command: Command, usual: string): Command {
  return command
    .option("-m, --model <NAME>", `a Hugging Face id, or a folder (default: ${usual})`)
    .addOption(dtypeOption())
    .option("--max-tokens <N>", "longest text that is read whole (default: the model's, often 512)", count)
    .addOption(new Option("--truncation <WHAT>", "error: a longer text fails, instead of being cut").choices(["error"]))
    .option("--threads <N>", "processor threads (default: all of this container's)", count)
    .option("--offline", "never download a model");
}

function indexOptions(command: Command): Command {
  return command
    .option("-m, --model <NAME>", "an embedding model: a Hugging Face id, or a folder (default: bge-small-en-v1.5)")
    .option("--index <DIR>", "keep the index here (default: .bge in the folder)")
    .option("--no-index", "keep nothing: read and embed everything again")
    .option("--threads <N>", "processor threads (default: all of this container's)", count)
    .option("--offline", "never download a model");
}

function dtypeOption(): Option {
  return new Option("--dtype <NAME>", "precision (default: what is installed, or fp32)").choices([
    "fp32",
    "fp16",
    "int8",
  ]);
}

function textOption(): Option {
  return new Option("-t, --text", "each line is a text as it is, not JSON").default(false);
}

function fieldOption(): Option {
  return new Option("--field <NAME>", "the text's name in a JSON object").default("text");
}

function count(value: string): number {
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed) || parsed < 1)
    throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return parsed;
}

function port(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || value === "" || parsed < 0 || parsed > 65_535)
    throw new InvalidArgumentError("It must be a port: 0 to 65535.");
  return parsed;
}

function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === "" || !Number.isFinite(parsed)) throw new InvalidArgumentError("It must be a number.");
  return parsed;
}

function list(...allowed: readonly string[]): (value: string) => string[] {
  return (value) => {
    const names = value.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !allowed.includes(name));
    if (unknown !== undefined)
      throw new InvalidArgumentError(`${JSON.stringify(unknown)} is none of ${allowed.join(", ")}.`);
    return names;
  };
}
