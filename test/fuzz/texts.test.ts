import { type Embedder, type EmbedderOptions, loadEmbedder, loadReranker, type ModelReference } from "@bge-js/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { largestDifference } from "../support/golden.js";
import { fixture } from "../support/models.js";
import { NASTY, WORDS } from "../support/odd-texts.js";

const model = (id: string, name: string): ModelReference => ({ id: `BAAI/${id}`, directory: fixture(name) });
const SILENT: EmbedderOptions = { truncation: "silent", threads: 2, maxTokens: 64 };
const OWN = { queryInstruction: "Find what answers." };
const EXAMPLES = { examples: [{ query: "</s>\n$&", response: "\u202e[SEP]" }] };

const EMBEDDERS: readonly (readonly [string, string | ModelReference, EmbedderOptions])[] = [
  ["BERT", fixture("tiny-bert-cls"), {}],
  ["XLM-R", fixture("tiny-xlmr-cls"), {}],
  ["bge-m3, three outputs", model("bge-m3", "tiny-m3"), { outputs: ["dense", "sparse", "multiVector"] }],
  ["Qwen2", model("bge-code-v1", "tiny-code"), OWN],
  ["Qwen3", model("bge-reasoner-embed-qwen3-8b-0923", "tiny-reasoner"), OWN],
  ["Gemma 2", model("bge-multilingual-gemma2", "tiny-gemma2"), OWN],
  ["Mistral with examples", model("bge-en-icl", "tiny-icl"), { ...OWN, ...EXAMPLES, maxTokens: 512 }],
];
const RERANKERS: readonly (readonly [string, string | ModelReference])[] = [
  ["BERT", fixture("tiny-bert-reranker")],
  ["XLM-R", fixture("tiny-xlmr-reranker")],
  ["Gemma", model("bge-reranker-v2-gemma", "tiny-reranker-gemma")],
  ["MiniCPM", model("bge-reranker-v2-minicpm-layerwise", "tiny-reranker-minicpm")],
  ["bge-m3, hybrid", model("bge-m3", "tiny-m3")],
];
type Embedded = Record<"dense", Float32Array> &
  Record<"sparse", { readonly values: readonly number[] }> &
  Record<"multiVector", { readonly data: Float32Array }>;
const GOOD = "a panda eats bamboo";
const words = (texts: readonly (readonly [string, string])[]) => texts.map(([, text]) => text);
/** Pieces that mean something to a tokenizer, between any characters there are. */
const anyText = fc
  .array(fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), fc.constantFrom(...words(NASTY.slice(0, 18)))))
  .map((parts) => parts.join("").toWellFormed());

describe.each(EMBEDDERS)("an embedder of the family of %s", (_, reference, options) => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await loadEmbedder(reference, { ...SILENT, ...options });
  });
  afterAll(() => embedder.dispose());

  /** Every text has finite numbers, or has no token at all and is named; what stands around it is as it is alone. */
  async function expectUnharmed(texts: readonly string[], inputType: "query" | "document"): Promise<void> {
    const outputs = options.outputs ?? (["dense"] as const);
    const list = [GOOD, ...texts, GOOD];
    let records: readonly (Embedded | undefined)[] = [];
    let refused: readonly number[] = [];
    try {
      records = await embedder.embed(list, { inputType, outputs });
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("without any token") });
      ({ completed: records, indices: refused } = error as { completed: Embedded[]; indices: number[] });
    }
    const counts = await embedder.countTokens(
      refused.map((i) => list[i]!),
      { inputType },
    );
    expect(counts).toEqual(refused.map(() => 0));
    expect(records).toHaveLength(list.length);
    for (const [i, record] of records.entries()) {
      if (refused.includes(i)) continue;
      const { dense, sparse, multiVector } = record!;
      expect(dense.every(Number.isFinite), `text ${i}`).toBe(true);
      expect(Math.abs(Math.hypot(...dense) - 1), `text ${i}`).toBeLessThan(1e-4);
      if (outputs.length === 1) continue;
      expect(
        sparse.values.every((weight) => Number.isFinite(weight) && weight > 0),
        `text ${i}`,
      ).toBe(true);
      expect(multiVector.data.every(Number.isFinite), `text ${i}`).toBe(true);
    }
    const [alone] = await embedder.embed([GOOD], { inputType });
    for (const record of [records[0], records.at(-1)]) {
      expect(largestDifference(record!.dense, alone!.dense)).toBeLessThan(1e-5);
    }
  }

  test.each(["query", "document"] as const)("reads the corpus of nasty strings (%s)", async (inputType) => {
    await expectUnharmed(words(NASTY), inputType);
  });

  test("reads words of a megabyte", () => expectUnharmed(words(WORDS), "document"));

  test("reads any text", async () => {
    const lists = fc.array(anyText, { minLength: 1, maxLength: 4 });
    const inputType = fc.constantFrom("query" as const, "document" as const);
    await fc.assert(fc.asyncProperty(lists, inputType, expectUnharmed), { numRuns: 15 });
  });

  test("refuses lone surrogates by their places, and is as it was", async () => {
    const bad = embedder.embedDocuments([GOOD, "\ud800", "x\udc00y", GOOD]);
    await expect(bad).rejects.toMatchObject({ code: "INVALID_INPUT", indices: [1, 2] });
    await expectUnharmed(["after it"], "document");
  });
});

describe.each(RERANKERS)("a reranker of the family of %s", (_, reference) => {
  test("scores nasty pairs, with huge queries, huge documents, and both", async () => {
    await using reranker = await loadReranker(reference, { ...SILENT, maxTokens: 128 });
    const short = [GOOD, ...words(NASTY.slice(0, 18)), GOOD];
    const all = [GOOD, ...words(NASTY), ...words(WORDS), GOOD];
    const [, huge] = WORDS[1]!;
    for (const query of ["", "[SEP]</s>", "\0\u202e", "panda ".repeat(10_000), huge]) {
      const documents = query === huge ? all : short;
      const scores = await reranker.score(query, documents);
      expect(scores).toHaveLength(documents.length);
      expect(Array.from(scores).every(Number.isFinite), query.slice(0, 20)).toBe(true);
      expect(Math.abs(scores[0]! - scores.at(-1)!)).toBeLessThan(1e-4);
    }
    await expect(reranker.score(GOOD, ["\udc00", GOOD])).rejects.toMatchObject({ code: "INVALID_INPUT", index: 0 });
  });
});

describe("a text of up to 10 MB", () => {
  const sentence = "The panda, 熊猫, eats 12 kg of bamboo a day. ";
  const sizes = { BERT: 10e6, "XLM-R": 2e6, Qwen2: 1e6 };
  const some = EMBEDDERS.filter(([name]) => name in sizes);
  test.each(some)(
    "is read by %s: its tokens are all counted, its beginning is embedded",
    async (name, reference, options) => {
      const times = Math.ceil(sizes[name as keyof typeof sizes] / Buffer.byteLength(sentence));
      const cuts: { readonly tokens: number; readonly kept: number }[] = [];
      await using embedder = await loadEmbedder(reference, {
        ...SILENT,
        ...options,
        onTruncate: (cut) => cuts.push(cut),
      });
      const beginning = sentence.repeat(40);
      const [one, two] = await embedder.countTokens([sentence, sentence.repeat(2)]);
      const vectors = await embedder.embedDocuments([sentence.repeat(times), beginning, GOOD]);
      expect(cuts.map(({ kept }) => kept)).toEqual([64, 64]);
      expect(cuts[0]!.tokens).toBe(one! + (times - 1) * (two! - one!));
      expect(largestDifference(vectors[0]!, vectors[1]!)).toBeLessThan(1e-5);
    },
  );

  test("may have 2 ** 24 characters, and not one more", async () => {
    await using embedder = await loadEmbedder(fixture("tiny-bert-cls"), SILENT);
    const most = "a".repeat(2 ** 24);
    expect(await embedder.countTokens(most)).toBe(3);
    const refused = embedder.embedDocuments([GOOD, `${most}a`]);
    await expect(refused).rejects.toMatchObject({ code: "INVALID_INPUT", index: 1, indices: [1] });
    await expect(refused).rejects.toThrow("16777217 characters");
  });
});
