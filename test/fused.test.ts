import { BgeError, type LoadOptions, loadReranker, type ModelReference, type TruncationReport } from "@bge-js/core";
import { describe, expect, test } from "vitest";
import { keptScores } from "./support/late-scores.js";
import { fixture } from "./support/models.js";
import { words } from "./support/texts.js";
import { watched } from "./support/workers.js";

/** A random cross-encoder in the place of the trained one: any will do to see how two models are put together. */
const CROSS: ModelReference = { id: "bge-js/reranker-small-en", directory: fixture("tiny-bert-reranker") };
const QUERY = "How long may I keep a borrowed book?";
const DOCUMENTS = Array.from({ length: 45 }, (_, i) => `${words(3 + (i % 7), i + 1)} book ${i}`);
const load = (options: LoadOptions = {}) => loadReranker(CROSS, { scale: "fused", ...options });
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof BgeError ? error : undefined),
  );

/** z-scores; `undefined` counts as the least of the others. */
function standardized(scores: readonly (number | undefined)[]): number[] {
  const known = scores.filter((score) => score !== undefined);
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, score) => sum + (score - mean) ** 2, 0) / known.length);
  return scores.map((score) => ((score ?? Math.min(...known)) - mean) / deviation);
}

describe('scale "fused"', () => {
  test("adds the z-scores of late interaction over all, and those of the cross-encoder over the best 16", async () => {
    await using reranker = await load();
    expect([reranker.kind, reranker.scale, reranker.spec.id]).toEqual(["fused", "fused", CROSS.id]);
    await using alone = await loadReranker(CROSS);
    const late = await keptScores(QUERY, DOCUMENTS);
    const read = new Set(
      DOCUMENTS.map((_, i) => i)
        .sort((a, b) => late[b]! - late[a]!)
        .slice(0, 16),
    );
    const logits = await alone.score(QUERY, DOCUMENTS);
    const cross = standardized(logits.map((logit, i) => (read.has(i) ? logit : undefined)));
    const expected = standardized(late).map((score, i) => score + 0.75 * cross[i]!);
    const scores = await reranker.score(QUERY, DOCUMENTS);
    for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected[i]!, 4);
    const ranked = await reranker.rerank(QUERY, DOCUMENTS, { topN: 5 });
    expect(ranked.map(({ score }) => score)).toEqual(scores.toSorted((a, b) => b - a).slice(0, 5));
  });

  test("the cross-encoder reads the passage that late interaction points at", async () => {
    const answer = "A borrowed book may be kept for four weeks.";
    const filler = Array.from({ length: 40 }, (_, i) => `The ${words(6, i + 50)}.`);
    const long = [...filler.slice(0, 20), answer, ...filler.slice(20)].join(" ");
    await using reranker = await load();
    const posts = watched();
    await reranker.rerank(QUERY, [long, "another book"]);
    const pairs = posts.flatMap(({ encoding, texts, text }) =>
      encoding?.form === "pair" ? (texts ?? text ?? []) : [],
    );
    const read = pairs.find((text) => text.includes(answer));
    expect(read?.length).toBeLessThan(long.length / 2);
    expect(pairs).toContain("another book");
  });

  test("few documents and none", async () => {
    await using reranker = await load();
    expect(await reranker.score(QUERY, [])).toEqual([]);
    // Alone it is neither better nor worse than the others.
    expect(await reranker.score(QUERY, ["one"])).toEqual([0]);
    const [first, second] = await reranker.score(QUERY, ["a book", "a book"]);
    expect(first).toBe(second);
  });

  test("a threshold, which would be compared across calls, is refused", async () => {
    await using reranker = await load();
    const error = await errorOf(reranker.rerank(QUERY, DOCUMENTS, { threshold: 0 }));
    expect([error?.code, error?.parameter]).toEqual(["INVALID_OPTION", "threshold"]);
  });

  test.each(["BAAI/bge-small-en-v1.5", "BAAI/bge-reranker-base", "someone/else"])("%s has none", async (model) => {
    const error = await errorOf(loadReranker(model, { scale: "fused" }));
    expect([error?.code, error?.parameter]).toEqual(["INVALID_OPTION", "scale"]);
    expect(error?.message).toContain(model);
  });

  test("a text that is too long is named by its place in the caller's list, by either model", async () => {
    const maxTokens = 60;
    const long = DOCUMENTS.with(41, words(90, 7));
    await using strict = await load({ maxTokens, truncation: "error" });
    const error = await errorOf(strict.score(QUERY, long));
    expect([error?.code, error?.indices]).toEqual(["INPUT_TOO_LONG", [41]]);
    // It fits the embedder, and not beside the query.
    const fits = DOCUMENTS.with(41, "book ".repeat(55));
    expect((await errorOf(strict.score(QUERY, fits)))?.indices).toEqual([41]);
    const cuts: TruncationReport[] = [];
    await using lenient = await load({ maxTokens, truncation: "silent", onTruncate: (cut) => cuts.push(cut) });
    await lenient.score(QUERY, fits);
    expect(cuts.map(({ index, inputType }) => [index, inputType])).toEqual([[41, "document"]]);
  });

  test("at a deadline nothing is half scored", async () => {
    await using reranker = await load();
    const error = await errorOf(reranker.score(QUERY, DOCUMENTS, { deadlineMs: 0 }));
    expect([error?.code, error?.completed]).toEqual(["DEADLINE_EXCEEDED", undefined]);
  });

  test("ends both models, also when one of them cannot be loaded", async () => {
    const reranker = await load();
    await reranker.dispose();
    expect((await errorOf(reranker.score(QUERY, DOCUMENTS)))?.code).toBe("DISPOSED");
    const missing = loadReranker({ ...CROSS, directory: fixture("nothing-here") }, { scale: "fused" });
    expect((await errorOf(missing))?.code).toBe("MODEL_NOT_FOUND");
  });
});
