import { expect, test } from "vitest";
import { outputOf } from "./support/examples.js";
import { hasLoopback } from "./support/loopback.js";

const lines = (text: string): string[] => text.trimEnd().split("\n");
const STOLEN = /^\d\.\d{3} {2}computers\.md: A lost laptop is reported to the service desk at once/;

test("embed: the nearest document answers the question", async () => {
  const printed = lines(await outputOf("embed"));
  expect(printed[0]).toBe("3 vectors of 384 numbers");
  expect(printed[1]).toMatch(/^0\.\d{3} {2}Members may borrow up to ten books for four weeks\.$/);
  expect(printed).toHaveLength(4);
});

test("rerank: the passage that answers comes first", async () => {
  const printed = lines(await outputOf("rerank"));
  expect(printed[1]).toMatch(/^\d\.\d{3} {2}Small dogs travel free on all our trains/);
  expect(printed).toHaveLength(3);
});

test("retrieve: pages found by meaning and by an exact word", async () => {
  const printed = lines(await outputOf("retrieve"));
  expect(printed[1]).toMatch(/^ {2}page 12: Small dogs/);
  expect(printed[3]).toMatch(/^ {2}page 72: .*E-4712/);
  expect(printed[4]).toMatch(/^early, /);
  expect(printed.slice(5)).toEqual(["0 stages skipped"]);
});

test("chinese: the passage that answers is found", async () => {
  expect(lines(await outputOf("chinese")).at(-1)).toBe(
    "最佳答案：持证读者一次最多可借十本书，借期四周，可以续借一次。",
  );
});

test("langchain-rag: three hits, and the prompt made of them", async () => {
  const printed = await outputOf("langchain-rag");
  expect(lines(printed)[0]).toMatch(STOLEN);
  expect(printed).toContain("- A lost laptop is reported");
  expect(lines(printed).at(-1)).toBe("Question: What do I do when my notebook was stolen?");
});

test("llamaindex-rag: three hits", async () => {
  const printed = lines(await outputOf("llamaindex-rag"));
  expect(printed[0]).toMatch(STOLEN);
  expect(printed).toHaveLength(3);
});

test("ai-sdk: three hits, and an answer streamed from them", async () => {
  const printed = lines(await outputOf("ai-sdk"));
  expect(printed[0]).toMatch(/^- A lost laptop is reported to the service desk at once/);
  expect(printed).toHaveLength(4);
  expect(`- ${printed[3]}`).toBe(printed[0]);
});

test.skipIf(!hasLoopback)("server: answers while a bulk job runs", async () => {
  const printed = await outputOf("server");
  expect(printed).toMatch(/^80 texts embedded; \d+ health checks answered meanwhile$/m);
  expect(printed).toMatch(/a query gives 384 numbers/);
});
