import { loadReranker } from "@bge-js/core";
import { expect, test } from "vitest";
import { bge, jsonLines } from "../support/bge.js";
import { fixture } from "../support/models.js";

const TINY = ["--model", fixture("tiny-bert-reranker")];
const QUERY = "what do pandas eat?";
const TEXTS = ["The train leaves at nine.", "Pandas eat bamboo.", "Bamboo is a grass.", "A bear eats what it finds."];

interface Answer {
  readonly id: number;
  readonly results: readonly { readonly index: number; readonly score: number; readonly document: unknown }[];
}

test("with --query, each line is a document: best first, with the reranker's own scores", async () => {
  const input = TEXTS.map((text, id) => `${JSON.stringify({ id, text })}\n`).join("");
  const { code, out, err } = await bge(["rerank", "--query", QUERY, "--top", "3"], { input });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  await using reranker = await loadReranker();
  const ranked = await reranker.rerank(QUERY, TEXTS, { topN: 3 });
  expect(jsonLines(out)).toEqual(ranked.map(({ index, score }) => ({ id: index, text: TEXTS[index], score })));
});

test("plain lines in, plain lines out", async () => {
  const { code, out } = await bge(["rerank", "-q", QUERY, "--text"], { input: TEXTS.join("\n") });
  expect(code).toBe(0);
  const [best] = out.split("\n");
  expect(best).toMatch(/^\d+\.\d{4}\tPandas eat bamboo\.$/);
});

test("requests are answered line by line, in order; a bad one is named", async () => {
  const good = Array.from({ length: 30 }, (_, id) => ({ id, query: QUERY, documents: TEXTS.slice(0, (id % 4) + 1) }));
  const bad = [
    "no json",
    "[]",
    '{"query": "x"}',
    '{"query": "", "documents": ["a"]}',
    '{"query": "x", "documents": ["a", 2]}',
  ];
  const lines = good.map((request) => JSON.stringify(request));
  const { code, out, err } = await bge(["rerank", ...TINY], {
    input: [...lines.slice(0, 15), ...bad, ...lines.slice(15)].join("\n"),
  });
  expect(code).toBe(1);
  const told = err.trim().split("\n");
  expect(told.map((line) => line.slice(0, "bge: line 16".length)).sort()).toEqual(
    [16, 17, 18, 19, 20].map((at) => `bge: line ${at}`),
  );
  const answers = jsonLines<Answer>(out);
  expect(answers.map(({ id }) => id)).toEqual(good.map(({ id }) => id));
  await using reranker = await loadReranker(fixture("tiny-bert-reranker"));
  for (const { id, results } of answers.slice(0, 4)) {
    const ranked = await reranker.rerank(QUERY, good[id]!.documents);
    expect(results).toEqual(ranked.map((one) => ({ ...one, document: TEXTS[one.index] })));
  }
});

test("documents may be objects, which come back whole", async () => {
  const documents = [{ body: TEXTS[0], page: 1 }, TEXTS[1]];
  const { out } = await bge(["rerank", "--field", "body", "--top", "1"], {
    input: JSON.stringify({ query: QUERY, documents }),
  });
  expect(jsonLines<Answer>(out)[0]!.results[0]).toMatchObject({ index: 1, document: TEXTS[1] });
});

test("what was written is refused as input where an id of 64 bits would be rounded", async () => {
  const given = ["rerank", ...TINY, "--query", QUERY];
  const { out } = await bge(given, { input: '{"text": "a", "id": 1234567890123456789}' });
  expect(out).toContain('"id": 1234567890123456789,"score"');
  expect(await bge(given, { input: out })).toMatchObject({ code: 1, out: "", err: expect.stringContaining("digits") });
});

test("a threshold, in the scale that was asked for", async () => {
  const run = (...args: string[]) => bge(["rerank", "-q", QUERY, "--text", ...args], { input: TEXTS.join("\n") });
  const { out } = await run("--model", "bge-js/reranker-small-en", "--scale", "sigmoid", "--threshold", "0.5");
  expect(out).toContain("Pandas eat bamboo.");
  expect(out).not.toContain("train");
  expect(await run("--threshold", "0.5")).toMatchObject({ code: 2, out: "" });
});

test.each([
  [["rerank", "-q", "", "--text"], 2],
  [["rerank", "--top", "0"], 2],
  [["rerank", "--scale", "cosine"], 2],
  [["rerank", "--text"], 2],
])("%j is refused", async (args, code) => {
  expect(await bge(args, { input: "a\n" })).toMatchObject({ code, out: "", err: expect.stringMatching(/\w/) });
});

test("nothing to rerank", async () => {
  expect(await bge(["rerank", ...TINY, "-q", "x"])).toEqual({ code: 0, out: "", err: "" });
  expect(await bge(["rerank", ...TINY])).toEqual({ code: 0, out: "", err: "" });
});
