import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

const READMES = [
  "README.md",
  "packages/core/README.md",
  "packages/retriever/README.md",
  "packages/store/README.md",
  "docs/options.md",
  "docs/running.md",
  "packages/langchain/README.md",
  "packages/llamaindex/README.md",
  "packages/ai-sdk/README.md",
  "packages/model-bge-small-en-v1.5/README.md",
  "packages/model-bge-small-zh-v1.5/README.md",
  "packages/model-reranker-small-en/README.md",
];

describe.each(READMES)("%s", (name) => {
  const readme = readFileSync(`${root}/${name}`, "utf8");
  const programs = [...readme.matchAll(/```js\n(.*?)```\s+```text\n(.*?)```/gs)].map(([, code, output]) => ({
    code,
    output,
  }));

  it("has programs, each with its output", () => {
    expect(programs.length).toBeGreaterThan(0);
    expect(programs.length).toBe(readme.match(/```js\n/g)!.length);
  });

  it.each(programs)("prints what it shows (%#)", async ({ code, output }) => {
    // As a user runs it: in a process of its own, with the built packages.
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code!], { cwd: root });
    expect(stdout).toBe(output);
  });
});
