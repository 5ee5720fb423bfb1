import { type Embedder, loadEmbedder, loadReranker, type ModelReference } from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cosine,
  type EmbeddingGolden,
  largestDifference,
  type RerankingGolden,
  readGolden,
  vectorOf,
} from "./support/golden.js";
import { fixture, originalModel } from "./support/models.js";

/** How near to FlagEmbedding in fp32 each file must come. */
const FP32 = { worst: 0.99999, mean: 0.99999 };
const BOUNDS = {
  "tiny-bert-cls": FP32,
  "tiny-bert-mean": FP32,
  "tiny-xlmr-cls": FP32,
  "bge-small-en-v1.5 fp32": FP32,
  "bge-small-zh-v1.5 fp32": FP32,
  // The embedded files; the golden inputs are the odd ones, in many languages.
  "bge-small-en-v1.5 int8": { worst: 0.99, mean: 0.998 },
  "bge-small-zh-v1.5 int8": { worst: 0.99, mean: 0.998 },
} as const;

describeEmbedder("tiny-bert-cls", "tiny-bert-cls.json", fixture("tiny-bert-cls"));
describeEmbedder("tiny-bert-mean", "tiny-bert-mean.json", fixture("tiny-bert-mean"));
describeEmbedder("tiny-xlmr-cls", "tiny-xlmr-cls.json", fixture("tiny-xlmr-cls"));
for (const name of ["bge-small-en-v1.5", "bge-small-zh-v1.5"] as const) {
  describeEmbedder(`${name} int8`, `${name}.json`, name);
  const directory = originalModel(name);
  describeEmbedder(`${name} fp32`, `${name}.json`, directory && { directory, id: name });
}

function describeEmbedder(name: keyof typeof BOUNDS, file: string, model: string | ModelReference | undefined): void {
  describe.skipIf(model === undefined)(`${name} against FlagEmbedding in fp32`, () => {
    const { cases } = readGolden<EmbeddingGolden>(file);
    let embedder: Embedder;
    beforeAll(async () => {
      embedder = await loadEmbedder(model, { truncation: "silent" });
    });
    afterAll(() => embedder?.dispose());

    test(`vectors: worst cosine ${BOUNDS[name].worst}, mean ${BOUNDS[name].mean}`, async () => {
      const vectors = await embedCases(embedder, cases);
      const cosines = cases.map(({ vector }, i) => cosine(vectors[i]!, vectorOf(vector)));
      const worst = cosines.indexOf(Math.min(...cosines));
      expect(cosines[worst], cases[worst]!.name).toBeGreaterThanOrEqual(BOUNDS[name].worst);
      expect(cosines.reduce((sum, value) => sum + value, 0) / cosines.length).toBeGreaterThanOrEqual(BOUNDS[name].mean);
    });

    test.runIf(BOUNDS[name] === FP32)("vectors: every number within 1e-4", async () => {
      const vectors = await embedCases(embedder, cases);
      for (const [i, { name: caseName, vector }] of cases.entries()) {
        expect(largestDifference(vectors[i]!, vectorOf(vector)), caseName).toBeLessThanOrEqual(1e-4);
      }
    });

    test("token counts", async () => {
      for (const inputType of ["query", "document"] as const) {
        const some = cases.filter((one) => one.inputType === inputType);
        const counts = await embedder.countTokens(
          some.map(({ text }) => text),
          { inputType },
        );
        expect(counts).toEqual(some.map(({ tokens }) => tokens));
      }
    });
  });
}

/** Documents in one list, so that they meet in batches; queries one by one. */
async function embedCases(embedder: Embedder, cases: EmbeddingGolden["cases"]): Promise<Float32Array[]> {
  const documents = cases.filter(({ inputType }) => inputType === "document");
  const vectors = await embedder.embedDocuments(documents.map(({ text }) => text));
  const ofDocuments = new Map(documents.map((one, i) => [one, vectors[i]!]));
  return Promise.all(cases.map(async (one) => ofDocuments.get(one) ?? embedder.embedQuery(one.text)));
}

describe.each(["tiny-bert-reranker", "tiny-xlmr-reranker"])("%s against FlagReranker in fp32", (name) => {
  const { cases } = readGolden<RerankingGolden>(`${name}.json`);

  test("logits within 1e-3, of real size", async () => {
    const reranker = await loadReranker(fixture(name), { truncation: "silent" });
    expect(reranker.kind).toBe("cross-encoder");
    expect(reranker.scale).toBe("logit");
    const logits: number[] = [];
    for (const { query, document } of cases) logits.push(...(await reranker.score(query, [document])));
    await reranker.dispose();
    for (const [i, { name: caseName, logit }] of cases.entries()) {
      expect(Math.abs(logits[i]! - logit), caseName).toBeLessThanOrEqual(1e-3);
    }
    expect(Math.max(...logits) - Math.min(...logits)).toBeGreaterThan(8);
  });

  test("many documents of one query at once score as one by one", async () => {
    const reranker = await loadReranker(fixture(name), { truncation: "silent" });
    const query = cases[0]!.query;
    const documents = cases.map(({ document }) => document);
    const together = await reranker.score(query, documents);
    for (const [i, document] of documents.entries()) {
      expect(Math.abs((await reranker.score(query, [document]))[0]! - together[i]!)).toBeLessThanOrEqual(1e-4);
    }
    await reranker.dispose();
  });
});
