import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "./support/loopback.js";
import { type QdrantDouble, startQdrantDouble } from "./support/qdrant-double.js";

const run = promisify(execFile);

/** Runs a built example as its reader would, and gives what it prints. */
async function output(name: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const path = fileURLToPath(new URL(`../examples/dist/${name}.js`, import.meta.url));
  const { stdout } = await run(process.execPath, [path], { env: { ...process.env, ...environment } });
  return stdout;
}

const lines = (text: string): string[] => text.trimEnd().split("\n");
const STOLEN = /^\d\.\d{3} {2}computers\.md: A lost laptop is reported to the service desk at once/;

test("embed: the nearest document answers the question", async () => {
  const printed = lines(await output("embed"));
  expect(printed[0]).toBe("3 vectors of 384 numbers");
  expect(printed[1]).toMatch(/^0\.\d{3} {2}Members may borrow up to ten books for four weeks\.$/);
  expect(printed).toHaveLength(4);
});

test("rerank: the passage that answers comes first", async () => {
  const printed = lines(await output("rerank"));
  expect(printed[1]).toMatch(/^\d\.\d{3} {2}Small dogs travel free on all our trains/);
  expect(printed).toHaveLength(3);
});

test("retrieve: pages found by meaning and by an exact word", async () => {
  const printed = lines(await output("retrieve"));
  expect(printed[1]).toMatch(/^ {2}page 12: Small dogs/);
  expect(printed[3]).toMatch(/^ {2}page 72: .*E-4712/);
  expect(printed[4]).toMatch(/^early, /);
  expect(printed.slice(5)).toEqual(["0 stages skipped"]);
});

test("chinese: the passage that answers is found", async () => {
  expect(lines(await output("chinese")).at(-1)).toBe("最佳答案：持证读者一次最多可借十本书，借期四周，可以续借一次。");
});

test("langchain-rag: three hits, and the prompt made of them", async () => {
  const printed = await output("langchain-rag");
  expect(lines(printed)[0]).toMatch(STOLEN);
  expect(printed).toContain("- A lost laptop is reported");
  expect(lines(printed).at(-1)).toBe("Question: What do I do when my notebook was stolen?");
});

test("llamaindex-rag: three hits", async () => {
  const printed = lines(await output("llamaindex-rag"));
  expect(printed[0]).toMatch(STOLEN);
  expect(printed).toHaveLength(3);
});

test("ai-sdk: three hits, and an answer streamed from them", async () => {
  const printed = lines(await output("ai-sdk"));
  expect(printed[0]).toMatch(/^- A lost laptop is reported to the service desk at once/);
  expect(printed).toHaveLength(4);
  expect(`- ${printed[3]}`).toBe(printed[0]);
});

test.skipIf(!hasLoopback)("server: answers while a bulk job runs", async () => {
  const printed = await output("server");
  expect(printed).toMatch(/^80 texts embedded; \d+ health checks answered meanwhile$/m);
  expect(printed).toMatch(/a query gives 384 numbers/);
});

const QDRANT_EXAMPLES = ["langchain-qdrant", "llamaindex-qdrant"];

async function expectStored(name: string, url: string): Promise<void> {
  for (let time = 0; time < 2; time++) {
    const printed = lines(await output(name, { QDRANT_URL: url })); // the second time, all points are there already
    expect(printed[0]).toBe("16 points stored");
    expect(printed[1]).toMatch(STOLEN);
    expect(printed).toHaveLength(4);
  }
}

describe.skipIf(!hasLoopback)("Qdrant's double", () => {
  let double: QdrantDouble;
  beforeAll(async () => {
    double = await startQdrantDouble();
  });
  afterAll(() => double[Symbol.asyncDispose]());

  test.each(QDRANT_EXAMPLES)("%s: stores and finds", (name) => expectStored(name, double.url));
});

describe.skipIf(!process.env["QDRANT_URL"])("a Qdrant server", () => {
  test.each(QDRANT_EXAMPLES)("%s: stores and finds", (name) => expectStored(name, process.env["QDRANT_URL"] ?? ""));
});
