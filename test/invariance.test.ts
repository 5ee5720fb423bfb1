import {
  type Embedder,
  type LoadOptions,
  loadEmbedder,
  loadReranker,
  type ModelReference,
  type Reranker,
} from "@bge-js/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { largestDifference } from "./support/golden.js";
import { fixture, originalModel } from "./support/models.js";
import { shuffled, texts } from "./support/texts.js";

/** How far apart the numbers of one text may be: not one bit in int8, 1e-5 in fp32. */
type Sameness = (a: Float32Array, b: Float32Array) => boolean;
const sameBits: Sameness = (a, b) => Buffer.compare(bytes(a), bytes(b)) === 0;
const within: (bound: number) => Sameness = (bound) => (a, b) => largestDifference(a, b) <= bound;

describeInvariance("bge-small-en-v1.5 int8", "bge-small-en-v1.5", sameBits, sameBits);
describeInvariance("reranker-small-en int8", "bge-js/reranker-small-en", sameBits, sameBits);
describeInvariance("bge-small-zh-v1.5 int8", "bge-small-zh-v1.5", sameBits, sameBits);
describeInvariance(
  "tiny-bert-cls fp32",
  { directory: fixture("tiny-bert-cls"), lateInteraction: true },
  within(1e-5),
  within(1e-5),
);
describeInvariance(
  "tiny-bert-mean fp32",
  { directory: fixture("tiny-bert-mean"), lateInteraction: true },
  within(1e-5),
  within(1e-5),
);
describeInvariance("tiny-xlmr-reranker fp32", fixture("tiny-xlmr-reranker"), within(1e-5), within(1e-4));
const original = originalModel("bge-small-en-v1.5");
describeInvariance(
  "bge-small-en-v1.5 fp32",
  original && { directory: original, id: "bge-small-en-v1.5" },
  within(1e-5),
  within(1e-5),
  original === undefined,
);

/** `optimized` in their bge.json: ONNX Runtime's optimizer, which is then left out, has nothing to do. */
describe("the embedded models give the same bits with the optimizer", () => {
  const corpus = texts(40);
  test.each(["BAAI/bge-small-en-v1.5", "BAAI/bge-small-zh-v1.5"])("%s", async (id) => {
    await using lean = await loadEmbedder(id, { truncation: "silent" });
    await using optimizing = await loadEmbedder({ id, optimized: false }, { truncation: "silent" });
    expect([lean.source.optimized, optimizing.source.optimized]).toEqual([true, false]);
    const expected = await lean.embedDocuments(corpus);
    const found = await optimizing.embedDocuments(corpus);
    expect(found.filter((vector, i) => !sameBits(vector, expected[i]!))).toEqual([]);
  });

  test("bge-js/reranker-small-en", async () => {
    const id = "bge-js/reranker-small-en";
    await using lean = await loadReranker(id, { truncation: "silent" });
    await using optimizing = await loadReranker({ id, optimized: false }, { truncation: "silent" });
    expect(await optimizing.score("what is a panda?", corpus)).toEqual(await lean.score("what is a panda?", corpus));
  });
});

function describeInvariance(
  name: string,
  model: string | ModelReference | undefined,
  sameVector: Sameness,
  sameScore: Sameness,
  skip = false,
): void {
  const isReranker = name.includes("reranker");
  const options: LoadOptions = { truncation: "silent" };

  describe.skipIf(skip || isReranker)(`${name}: the same text gives the same vector`, () => {
    let one: Embedder;
    let two: Embedder;
    const corpus = texts(200);
    let alone: Float32Array[];
    beforeAll(async () => {
      one = await loadEmbedder(model, { ...options, threads: 1, workers: 1 });
      two = await loadEmbedder(model, { ...options, threads: 2, workers: 2 });
      alone = [];
      for (const text of corpus) alone.push((await one.embedDocuments([text]))[0]!);
    });
    afterAll(async () => {
      await one?.dispose();
      await two?.dispose();
    });

    test("alone and in shuffled lists of 200, with one worker and with two", async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.boolean(), async (seed, many) => {
          const { order, items } = shuffled(corpus, seed);
          const vectors = await (many ? two : one).embedDocuments(items);
          expect(order.filter((i, at) => !sameVector(vectors[at]!, alone[i]!))).toEqual([]);
        }),
        { numRuns: 4, seed: 7 },
      );
    });

    test("beside queries, in a stream, and twice in one list", async () => {
      const some = [...corpus.slice(0, 40), ...corpus.slice(0, 40)];
      const queries = Promise.all(corpus.slice(0, 10).map((text) => two.embedQuery(text)));
      const streamed: Float32Array[] = [];
      for await (const vector of two.embedStream(some)) streamed.push(vector);
      for (const [i, vector] of streamed.entries()) expect(sameVector(vector, alone[i % 40]!), `text ${i}`).toBe(true);
      const again = await Promise.all(corpus.slice(0, 10).map((text) => one.embedQuery(text)));
      for (const [i, vector] of (await queries).entries())
        expect(sameVector(vector, again[i]!), `query ${i}`).toBe(true);
    });

    test("as a query that runs alone with more threads, which it does after a few", async () => {
      const query = corpus.find((text) => text.length > 20 && text.length < 80)!;
      const narrow = await one.embedQuery(query);
      for (let i = 0; i < 12; i++) expect(sameVector(await two.embedQuery(query), narrow), `query ${i}`).toBe(true);
    });

    test("its token vectors too, of which the first is the text's own for a CLS model", async () => {
      const some = corpus.slice(0, 60);
      const together = await two.embedTokens(some, { inputType: "document" });
      const counts = await two.countTokens(some);
      for (const [i, text] of some.entries()) {
        const [single] = await one.embedTokens([text], { inputType: "document" });
        const { data, rows, dimensions } = together[i]!;
        expect(rows).toBe(Math.min(counts[i]!, two.maxTokens));
        expect(sameVector(data, single!.data), `text ${i}`).toBe(true);
        if (two.spec.pooling === "cls")
          expect(sameVector(data.slice(0, dimensions), alone[i]!), `text ${i}`).toBe(true);
      }
    });
  });

  describe.skipIf(skip)(`${name}: the same pair gives the same score`, () => {
    let one: Reranker;
    let two: Reranker;
    beforeAll(async () => {
      one = await loadReranker(model, { ...options, threads: 1, workers: 1 });
      two = await loadReranker(model, { ...options, threads: 2, workers: 2 });
    });
    afterAll(async () => {
      await one?.dispose();
      await two?.dispose();
    });

    test("alone and in shuffled lists, with one worker and with two; reranking is a stable permutation", async () => {
      const query = "how does retrieval work?";
      const corpus = [...texts(60), ...texts(20)];
      const alone: number[] = [];
      for (const text of corpus) alone.push((await one.score(query, [text]))[0]!);
      for (const [seed, reranker] of [
        [1, one],
        [2, two],
      ] as const) {
        const { order, items } = shuffled(corpus, seed);
        const scores = await reranker.score(query, items);
        const different = order.filter((i, at) => !sameScore(Float32Array.of(scores[at]!), Float32Array.of(alone[i]!)));
        expect(different).toEqual([]);
        const ranked = await reranker.rerank(query, items);
        expect(ranked.map(({ index }) => index).sort((a, b) => a - b)).toEqual(items.map((_, i) => i));
        for (const [at, { index, score }] of ranked.entries()) {
          const before = ranked[at - 1];
          if (before !== undefined)
            expect(before.score > score || (before.score === score && before.index < index)).toBe(true);
        }
      }
    });
  });
}

function bytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
