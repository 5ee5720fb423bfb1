import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { afterAll, describe, expect, test } from "vitest";
// @ts-expect-error the tools are plain JavaScript
import { mrr10, ndcg10, readSet, recall100 } from "../tools/evaluate/beir.mjs";
// @ts-expect-error the same
import { keepScores, keepVectors } from "../tools/evaluate/cache.mjs";
// @ts-expect-error the same
import { plotDensities } from "../tools/evaluate/densities.mjs";
// @ts-expect-error the same
import { plot } from "../tools/evaluate/plot.mjs";
import { fixture } from "./support/models.js";

const folder = mkdtempSync(join(tmpdir(), "bge-js-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("measures", () => {
  const relevant = new Map([
    ["a", 1],
    ["b", 2],
    ["c", 0],
  ]);
  const others = Array.from({ length: 10 }, (_, i) => `x${i}`);

  test("nDCG@10, by hand", () => {
    const ideal = 2 + 1 / Math.log2(3);
    expect(ndcg10(["b", "a"], relevant)).toBe(1);
    expect(ndcg10(["c", "a", "x", "b"], relevant)).toBeCloseTo((1 / Math.log2(3) + 2 / Math.log2(5)) / ideal, 12);
    expect(ndcg10([...others, "b"], relevant)).toBe(0);
  });

  test("MRR@10 and recall@100", () => {
    expect(mrr10(["c", "x", "a", "b"], relevant)).toBe(1 / 3);
    expect(mrr10([...others, "b"], relevant)).toBe(0);
    expect(recall100(["c", "a"], relevant)).toBe(1 / 2);
    expect(recall100([...others, "b", "a"], relevant)).toBe(1);
  });
});

test("a part of a set is always the same, with what its queries need", () => {
  const set = join(folder, "set");
  mkdirSync(join(set, "qrels"), { recursive: true });
  const lines = (count: number, of: (i: number) => object) =>
    Array.from({ length: count }, (_, i) => JSON.stringify(of(i))).join("\n");
  writeFileSync(
    join(set, "corpus.jsonl"),
    lines(50, (i) => ({ _id: `d${i}`, title: "T", text: `text ${i}` })),
  );
  writeFileSync(
    join(set, "queries.jsonl"),
    lines(20, (i) => ({ _id: `q${i}`, text: `query ${i}` })),
  );
  const judged = Array.from({ length: 20 }, (_, i) => `q${i}\td${2 * i}\t1`).join("\n");
  writeFileSync(join(set, "qrels", "dev.tsv"), `query-id\tcorpus-id\tscore\n${judged}\n`);
  expect(readSet(set).documents).toHaveLength(50);
  const part = readSet(set, { queries: 4, documents: 10 });
  expect(part.queries.map(({ id }: { id: string }) => id)).toEqual(["q0", "q5", "q10", "q15"]);
  expect(part.documents).toHaveLength(10);
  expect(part.documents.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining(["d0", "d10", "d20", "d30"]),
  );
  expect(part.documents[0].text).toBe("T text 0");
  expect(() => readSet(set, { split: "test" })).toThrow("no test split, but dev.tsv");
});

test("what is kept is what was computed", async () => {
  await using embedder = await loadEmbedder(fixture("tiny-bert-cls"), { truncation: "silent" });
  await using reranker = await loadReranker(fixture("tiny-bert-reranker"));
  const texts = Array.from({ length: 30 }, (_, i) => `text number ${i}`);
  const drawn = async () => {
    const vectors = [];
    for await (const vector of keepVectors(embedder, folder).embedStream(texts)) vectors.push([...vector]);
    return vectors;
  };
  const first = await drawn();
  expect(readdirSync(folder).filter((name) => name.endsWith(".f32"))).toHaveLength(1);
  expect(await drawn()).toEqual(first);
  expect(first).toEqual((await embedder.embedDocuments(texts)).map((vector) => [...vector]));
  const scores = await keepScores(reranker, folder).score("number", texts.slice(0, 5));
  const never = { ...reranker, score: async (_: string, documents: string[]) => documents.map(() => Number.NaN) };
  expect(await keepScores(never, folder).score("number", texts.slice(0, 5))).toEqual(scores);
});

test("the plot has a point for each stage", () => {
  const svg = plot([
    { set: "a<b", stage: "BM25", ms: 1, mean: 0.5, low: 0.4, high: 0.6 },
    { set: "a<b", stage: "dense", ms: 20, mean: 0.7, low: 0.6, high: 0.8 },
  ]);
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).toContain("a&lt;b, dense");
  expect(svg).not.toContain("NaN");
});

test("the plot of cosines has three shapes a panel, whatever the cosines", () => {
  const cosines = { relevant: [0.8, 1], nearest: [0.7, -1], chance: [0.5, 0.5] };
  const svg = plotDensities([{ name: "a<b", plain: cosines, lessMean: cosines }], "a model");
  expect(svg.match(/<polygon/g)).toHaveLength(6);
  expect(svg).toContain("a&lt;b");
  expect(svg).not.toContain("NaN");
});
