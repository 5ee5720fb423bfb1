import {
  calibrate,
  calibrateRanges,
  type Embedder,
  loadEmbedder,
  loadReranker,
  type QuantizationRanges,
  quantize,
  type RecordOutput,
  scorePairs,
  similarity,
  topKQuantized,
} from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FACTS, QUESTIONS } from "./support/adapters/facts.js";
import { fixture } from "./support/models.js";

const tiny = fixture("tiny-bert-cls");
const TEXTS = ["The panda is a bear.", "", "Paris is in France. ".repeat(200), "竹子 ✨"];
const PRECISIONS = ["int8", "uint8", "binary", "ubinary"] as const;

let model: Embedder;
let ranges: QuantizationRanges;
beforeAll(async () => {
  model = await loadEmbedder(tiny, { truncation: "silent", dimensions: 20 });
  const texts = Array.from({ length: 100 }, (_, i) => `text number ${i}`);
  ranges = calibrateRanges(await model.embedDocuments(texts));
});
afterAll(() => model.dispose());

describe("embed with small outputs", () => {
  const inputType = "query";

  test("gives what quantize makes of the cut vectors, and exactly what was asked for, in a call and in a stream", async () => {
    const dense = (await model.embed(TEXTS, { inputType })).map((record) => record.dense);
    const expected = TEXTS.map((_, i) => ({
      int8: quantize(dense, { precision: "int8", ranges })[i],
      uint8: quantize(dense, { precision: "uint8", ranges })[i],
      binary: quantize(dense, { precision: "binary" })[i],
      ubinary: quantize(dense, { precision: "ubinary" })[i],
    }));
    expect(await model.embed(TEXTS, { inputType, outputs: PRECISIONS, ranges })).toEqual(expected);
    expect(expected[0]!.int8).toHaveLength(20);
    expect(expected[0]!.ubinary).toHaveLength(3);
    const streamed: unknown[] = [];
    for await (const one of model.embedStream(TEXTS, { inputType, outputs: ["ubinary", "dense"] })) streamed.push(one);
    expect(streamed).toEqual(TEXTS.map((_, i) => ({ dense: dense[i], ubinary: expected[i]!.ubinary })));
  });

  test.each(["tiny-bert-cls", "tiny-m3", "tiny-icl", "tiny-xlmr-cls"])(
    "tokenCount of %s: what countTokens counts",
    async (name) => {
      const examples = [{ instruction: "Find it.", query: "a", response: "b" }];
      const own = name === "tiny-icl" ? { task: "web-search", examples } : {};
      await using each = await loadEmbedder(fixture(name), { truncation: "silent", ...own });
      for (const side of ["query", "document"] as const) {
        const records = await each.embed(TEXTS, { inputType: side, outputs: ["dense", "tokenCount"] });
        const counts = await each.countTokens(TEXTS, { inputType: side });
        expect(records.map(({ tokenCount }) => tokenCount)).toEqual(counts);
        expect(counts[2]).toBeGreaterThan(512);
      }
    },
  );

  test("many texts: as each alone", async () => {
    const texts = Array.from({ length: 1300 }, (_, i) => `number ${i}`);
    const records = await model.embed(texts, { inputType, outputs: ["ubinary", "tokenCount"] });
    for (const i of [0, 511, 512, 1299]) {
      expect(await model.embed([texts[i]!], { inputType, outputs: ["ubinary", "tokenCount"] })).toEqual([records[i]]);
    }
    expect(await model.embed([], { inputType, outputs: ["binary"] })).toEqual([]);
  });

  test("outputs and ranges that cannot be used are an error that names the option", async () => {
    const short = { min: [0], max: [1] };
    for (const [parameter, options] of [
      ["outputs", { outputs: ["int4"] }],
      ["outputs", { outputs: ["binary", "binary"] }],
      ["outputs", { outputs: ["tokenCount"] }],
      ["ranges", { outputs: ["int8"] }],
      ["ranges", { outputs: ["binary", "uint8"] }],
      ["ranges", { outputs: ["binary"], ranges }],
      ["ranges", { ranges }],
      ["ranges", { outputs: ["int8"], ranges: short }],
      ["ranges", { outputs: ["int8"], ranges: {} }],
    ] as const) {
      const call = options as { outputs?: RecordOutput[]; ranges?: QuantizationRanges };
      const refused = { code: "INVALID_OPTION", parameter };
      await expect(model.embed(["x"], { inputType, ...call })).rejects.toMatchObject(refused);
      const stream = model.embedStream(["x"], call as { outputs: RecordOutput[] });
      await expect(stream.next()).rejects.toMatchObject(refused);
    }
  });

  test("the packaged model finds the facts in every precision", async () => {
    await using embedder = await loadEmbedder();
    const vectors = await embedder.embedDocuments(FACTS);
    // So few are no measure for other texts, but they are for themselves.
    const own = calibrateRanges(vectors, { minVectors: FACTS.length });
    for (const [question, answer] of QUESTIONS) {
      const query = await embedder.embedQuery(question);
      for (const options of [
        { precision: "int8", ranges: own },
        { precision: "uint8", ranges: own },
        { precision: "binary" },
        { precision: "ubinary" },
      ] as const) {
        expect(topKQuantized(query, quantize(vectors, options), 1, options)[0]!.index).toBe(answer);
      }
    }
  });
});

describe("scorePairs", () => {
  const pairs = QUESTIONS.flatMap(([query, answer]) =>
    FACTS.map((document, i) => ({ query, document, relevant: i === answer })),
  );

  test("by an embedder: the cosines, each text read once, and a threshold over them", async () => {
    await using embedder = await loadEmbedder();
    const scored = await scorePairs(embedder, pairs);
    expect(scored.map(({ relevant }) => relevant)).toEqual(pairs.map(({ relevant }) => relevant));
    for (const i of [0, 1, pairs.length - 1]) {
      const query = await embedder.embedQuery(pairs[i]!.query);
      const [document] = await embedder.embedDocuments([pairs[i]!.document]);
      expect(scored[i]!.score).toBeCloseTo(similarity(query, document!), 5);
    }
    const { threshold, recall, cautions } = await calibrate(scored, { criterion: { recall: 1 } });
    expect(recall).toBe(1);
    for (const { score, relevant } of scored) if (relevant) expect(score).toBeGreaterThanOrEqual(threshold);
    expect(cautions.map(({ code }) => code)).toContain("few-pairs");
  });

  test("symmetric: both texts are documents", async () => {
    const [a, b] = await model.embedDocuments(["one text", "another"]);
    const pair = { query: "one text", document: "another", relevant: true };
    const [scored] = await scorePairs(model, [pair], { symmetric: true });
    expect(scored!.score).toBeCloseTo(similarity(a!, b!), 5);
    expect((await scorePairs(model, [pair]))[0]!.score).not.toBeCloseTo(scored!.score, 5);
    expect(await scorePairs(model, [])).toEqual([]);
  });

  test("by a reranker: its scores, in its scale", async () => {
    await using reranker = await loadReranker(fixture("tiny-bert-reranker"), {
      scale: "sigmoid",
      truncation: "silent",
    });
    const scored = await scorePairs(reranker, pairs);
    const first = await reranker.score(pairs[0]!.query, [pairs[0]!.document]);
    expect(scored[0]!.score).toBeCloseTo(first[0]!, 5);
    expect(scored).toHaveLength(pairs.length);
    await expect(scorePairs(reranker, pairs, { symmetric: true })).rejects.toMatchObject({ parameter: "symmetric" });
    const blank = [...pairs.slice(0, 2), { query: " ", document: "x", relevant: true }];
    await expect(scorePairs(reranker, blank)).rejects.toMatchObject({ code: "INVALID_INPUT", indices: [2] });
  });

  test("refuses fused scores, other models, and pairs that cannot be used", async () => {
    await using fused = await loadReranker();
    await expect(scorePairs(fused, pairs)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "model" });
    await expect(scorePairs("bge-small-en-v1.5" as never, pairs)).rejects.toMatchObject({ parameter: "model" });
    const good = { query: "a", document: "b", relevant: false };
    for (const [indices, bad] of [
      [[1], [good, { ...good, query: 3 }]],
      [
        [0, 2],
        [{ ...good, document: undefined }, good, { ...good, document: "\ud800" }],
      ],
      [
        [1, 2],
        [good, { query: "a", document: "b" }, null],
      ],
    ] as const) {
      await expect(scorePairs(model, bad as never)).rejects.toMatchObject({ code: "INVALID_INPUT", indices });
    }
    await expect(scorePairs(model, {} as never)).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "pairs" });
    await expect(scorePairs(model, [good], { topN: 1 } as object)).rejects.toMatchObject({ parameter: "topN" });
  });

  test("a text that is too long is named by its pairs, and a signal ends the call", async () => {
    await using strict = await loadEmbedder(tiny, { truncation: "error" });
    const long = "panda ".repeat(700);
    const given = ["a", "b", long, "c", long].map((document) => ({ query: "q", document, relevant: true }));
    await expect(scorePairs(strict, given)).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indices: [2, 4] });
    await expect(scorePairs(strict, given)).rejects.toThrow("2, 4");
    const symmetric = scorePairs(strict, given, { symmetric: true });
    await expect(symmetric).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indices: [2, 4] });
    await expect(scorePairs(model, given, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});
