// Rerankers with a time limit. The built package: a worker cannot start from TypeScript.
import { loadReranker, type SkippedRerankStage } from "@bge-js/core";
import { BgeReranker } from "@bge-js/langchain";
import * as llamaindex from "@bge-js/llamaindex";
import { Document } from "@llamaindex/core/schema";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fixture } from "./support/models.js";
import { onPost, type Posted } from "./support/workers.js";

const quiet = { truncation: "silent" } as const;
const QUERY = "which text has number 7";
const TEXTS = Array.from({ length: 20 }, (_, i) => `text number ${i} and so on`);
const LATE = { directory: fixture("tiny-bert-cls"), lateInteraction: true } as const;
const CROSS = { directory: fixture("tiny-bert-reranker") };

/** Keeps work that has one of these texts from its worker, as if it took for ever. */
function hold(texts: readonly string[]): void {
  const listener = (message: Posted) =>
    (message.texts ?? [message.text]).some((text) => text !== undefined && texts.includes(text)) || undefined;
  onPost.add(listener);
  onTestFinished(() => void onPost.delete(listener));
}

describe.each([
  ["late interaction", { ...LATE, batching: "alone" }, {}, "lateInteraction"],
  ["late interaction that keeps nothing", { ...LATE, batching: "alone" }, { keep: false }, "lateInteraction"],
  ["a cross-encoder", { ...CROSS, batching: "alone" }, {}, "crossEncoder"],
] as const)("%s with a budget", (_, model, options, stage) => {
  const loadIt = () => loadReranker(model, { ...quiet, ...options });

  test("that is ample reads all, and ranks as without", async () => {
    await using reranker = await loadIt();
    const skipped: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const ranked = await reranker.rerank(QUERY, TEXTS, { budgetMs: 60_000, onSkipped: (all) => skipped.push(all) });
      const wanted = await reranker.rerank(QUERY, TEXTS);
      expect(ranked.map(({ index }) => index)).toEqual(wanted.map(({ index }) => index));
      expect(ranked.every(({ read }) => read)).toBe(true);
      for (const [at, { score }] of ranked.entries()) expect(score).toBeCloseTo(wanted[at]!.score, 4);
    }
    expect(skipped).toEqual([]);
    expect(await reranker.rerank(QUERY, [], { budgetMs: 100 })).toEqual([]);
  });

  test("that is over at once reads nothing, and the order stays", async () => {
    await using reranker = await loadIt();
    const skipped: SkippedRerankStage[][] = [];
    const ranked = await reranker.rerank(QUERY, TEXTS, {
      budgetMs: 1e-6,
      topN: 5,
      onSkipped: (all) => skipped.push([...all]),
    });
    expect(ranked).toEqual([0, 1, 2, 3, 4].map((index) => ({ index, score: 0, read: false })));
    expect(skipped).toEqual([[{ stage, scored: 0, candidates: 20 }]]);
    expect(await reranker.rerank(QUERY, TEXTS, { budgetMs: 1e-6, threshold: -100 })).toEqual([]);
  });

  test("texts that are not done in time come behind the others, in their order", async () => {
    await using reranker = await loadIt();
    await reranker.rerank(QUERY, ["warm", "up"]);
    // It starts with eight, while it does not know what they take.
    const held = [TEXTS[10]!, TEXTS[13]!];
    hold(held);
    const skipped: SkippedRerankStage[][] = [];
    const ranked = await reranker.rerank(QUERY, TEXTS, {
      budgetMs: 3000,
      onSkipped: (all) => skipped.push([...all]),
    });
    const read = ranked.filter(({ read }) => read);
    expect(read.map(({ index }) => index)).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 7]));
    expect(read.length).toBeLessThan(20);
    expect(ranked.slice(0, read.length)).toEqual(read);
    expect(read.map(({ index }) => TEXTS[index]!)).not.toEqual(expect.arrayContaining(held.slice(0, 1)));
    const unread = ranked.slice(read.length);
    expect(unread.map(({ index }) => index)).toEqual(unread.map(({ index }) => index).sort((a, b) => a - b));
    expect(unread.every(({ score }) => score === read.at(-1)!.score)).toBe(true);
    expect(ranked).toHaveLength(20);
    expect(skipped).toEqual([[{ stage, scored: read.length, candidates: 20 }]]);
  });

  test("other limits end it as ever", async () => {
    await using reranker = await loadIt();
    const end = new AbortController();
    const aborted = reranker.rerank(QUERY, TEXTS, { budgetMs: 60_000, signal: end.signal });
    end.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(reranker.rerank(QUERY, TEXTS, { budgetMs: 60_000, deadlineMs: 0 })).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    for (const [wrong, parameter] of [
      [{ budgetMs: 0 }, "budgetMs"],
      [{ budgetMs: Number.NaN }, "budgetMs"],
      [{ budgetMs: "1" }, "budgetMs"],
      [{ budgetMs: 1, onSkipped: 1 }, "onSkipped"],
    ] as const) {
      await expect(reranker.rerank(QUERY, TEXTS, wrong as object)).rejects.toMatchObject({
        code: "INVALID_OPTION",
        parameter,
      });
    }
  });
});

test("late interaction compares what it knows whatever a reading would take", async () => {
  await using reranker = await loadReranker({ ...LATE, batching: "alone" }, quiet);
  const known = TEXTS.slice(10);
  await reranker.rerank(QUERY, known);
  hold(TEXTS.slice(0, 10));
  const ranked = await reranker.rerank(QUERY, TEXTS, { budgetMs: 3000 });
  expect(
    ranked
      .filter(({ read }) => read)
      .map(({ index }) => index)
      .sort((a, b) => a - b),
  ).toEqual(known.map((_, i) => 10 + i));
});

test("a fused reranker fits its cross-encoder into what is left", async () => {
  const cross = { id: "bge-js/reranker-small-en", ...CROSS, batching: "alone" } as const;
  await using reranker = await loadReranker(cross, { ...quiet, scale: "fused" });
  const wanted = await reranker.rerank(QUERY, TEXTS);
  const ample = await reranker.rerank(QUERY, TEXTS, { budgetMs: 60_000 });
  expect(ample.map(({ index }) => index)).toEqual(wanted.map(({ index }) => index));
  const skipped: SkippedRerankStage[][] = [];
  const onSkipped = (all: readonly SkippedRerankStage[]) => void skipped.push([...all]);
  const none = await reranker.rerank(QUERY, TEXTS, { budgetMs: 1e-6, onSkipped });
  expect(none.map(({ index, read }) => [index, read])).toEqual(TEXTS.map((_, index) => [index, false]));
  expect(skipped.pop()!.map(({ stage, scored }) => [stage, scored])).toEqual([
    ["lateInteraction", 0],
    ["crossEncoder", 0],
  ]);
});

test("the adapters pass it on, and warn once unless they are listened to", async () => {
  const warnings: string[] = [];
  const listener = (warning: Error & { readonly code?: string }) => {
    if (warning.code === "BGE_SKIPPED") warnings.push(warning.message);
  };
  process.on("warning", listener);
  onTestFinished(() => void process.off("warning", listener));
  const skipped: unknown[] = [];
  await using langchain = new BgeReranker({ model: LATE, budgetMs: 1e-6, ...quiet });
  await using listening = new llamaindex.BgeReranker({
    model: LATE,
    budgetMs: 1e-6,
    onSkipped: (all) => skipped.push(all),
    ...quiet,
  });
  for (let i = 0; i < 2; i++) {
    expect((await langchain.rerank(TEXTS, QUERY)).map(({ index }) => index)).toEqual([0, 1, 2]);
    const nodes = TEXTS.map((text) => ({ node: new Document({ text }) }));
    const ranked = await listening.postprocessNodes(nodes, QUERY);
    expect(ranked.map(({ node }) => nodes.findIndex((one) => one.node === node))).toEqual([0, 1, 2]);
  }
  expect(skipped).toHaveLength(2);
  await vi.waitFor(() => expect(warnings).toHaveLength(1));
  expect(warnings[0]).toContain("lateInteraction read 0 of 20");
  const read = await langchain.rerank(TEXTS, QUERY, { budgetMs: 60_000 });
  expect(read[0]!.index).not.toBe(undefined);
  for (const Adapter of [BgeReranker, llamaindex.BgeReranker]) {
    expect(() => new Adapter({ model: LATE, budgetMs: -1 })).toThrow(
      expect.objectContaining({ parameter: "budgetMs" }),
    );
  }
});
