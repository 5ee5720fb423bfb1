import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMastra, newerNode } from "./support/extra.js";
import { hasLoopback } from "./support/loopback.js";
import { type QdrantDouble, startQdrantDouble } from "./support/qdrant-double.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

/** A program, how it is started where the page says so, and what it prints. */
const PROGRAM = /```js\n(.*?)```\s+(?:```sh\n(?:\w+=\w+ )?node search\.mjs\n```\s+)?```text\n(.*?)```/gs;

const READMES = [
  "README.md",
  "packages/core/README.md",
  "packages/retriever/README.md",
  "packages/qdrant/README.md",
  "packages/store/README.md",
  "packages/ingest/README.md",
  "packages/server/README.md",
  "docs/options.md",
  "docs/running.md",
  "docs/splitting.md",
  "docs/add-reranking.md",
  "docs/errors.md",
  "docs/start/node.md",
  "docs/start/langchain.md",
  "docs/start/llamaindex.md",
  "docs/start/ai-sdk.md",
  "docs/start/mastra.md",
  "docs/start/qdrant.md",
  "docs/start/postgresql.md",
  "docs/migrate/huggingface-transformers-embeddings.md",
  "docs/migrate/fastembed.md",
  "docs/migrate/cohere.md",
  "docs/migrate/transformers-js.md",
  "docs/migrate/flagembedding.md",
  "docs/small-vectors.md",
  "docs/thresholds.md",
  "packages/langchain/README.md",
  "packages/llamaindex/README.md",
  "packages/ai-sdk/README.md",
  "packages/model-bge-small-en-v1.5/README.md",
  "packages/model-bge-small-zh-v1.5/README.md",
  "packages/model-reranker-small-en/README.md",
];

const EXTRA_PACKAGES = new URL("support/extra-packages.mjs", import.meta.url).href;

/** Those that need a Qdrant get the tests' double. */
let qdrant: QdrantDouble | undefined;
beforeAll(async () => {
  if (hasLoopback) qdrant = await startQdrantDouble();
});
afterAll(() => qdrant?.[Symbol.asyncDispose]());

describe.each(READMES)("%s", (name) => {
  const readme = readFileSync(`${root}/${name}`, "utf8");
  const programs = [...readme.matchAll(PROGRAM)].map(([, code, output]) => ({ code, output }));

  it("has programs, each with its output", () => {
    expect(programs.length).toBeGreaterThan(0);
    expect(programs.length).toBe(readme.match(/```js\n/g)!.length);
  });

  it.for(programs)("prints what it shows (%#)", async ({ code, output }, { skip }) => {
    if (code!.includes("QDRANT_URL")) skip(!hasLoopback);
    const withMastra = code!.includes("@mastra/");
    if (withMastra) skip(!hasMastra);
    // As a user runs it: in a process of its own, with the built packages.
    const program = withMastra ? newerNode! : process.execPath;
    const args = [...(withMastra ? ["--import", EXTRA_PACKAGES] : []), "--input-type=module", "--eval", code!];
    const env = { ...process.env, MASTRA_TELEMETRY_DISABLED: "1", ...(qdrant && { QDRANT_URL: qdrant.url }) };
    const { stdout } = await run(program, args, { cwd: root, env });
    expect(stdout).toBe(output);
  });
});
