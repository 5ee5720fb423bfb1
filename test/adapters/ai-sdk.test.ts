import { createBge } from "@bge-js/ai-sdk";
import { BgeError, type Embedder, loadEmbedder, loadReranker, onEvent, type Reranker } from "@bge-js/core";
import * as ai7 from "ai";
import * as ai6 from "ai-6";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deepFreeze, TINY_EMBEDDER, TINY_RERANKER, testAdapter } from "../support/adapters/contract.js";
import { FACTS, QUESTIONS } from "../support/adapters/facts.js";

const MAJORS = { "ai 6": ai6, "ai 7": ai7 } as unknown as Readonly<Record<string, typeof ai7>>;

interface Stored {
  readonly id: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

describe("@bge-js/ai-sdk keeps the adapters' contract", () => {
  // By the methods that the SDK calls. Of the SDK's own functions, see below.
  testAdapter({
    embeddings(input = {}) {
      const bge = createBge();
      const [documents, queries] = [bge.embeddingModel(input), bge.queries(input)];
      return {
        documents: async (texts) => (await documents.doEmbed({ values: texts as string[] })).embeddings,
        query: async (text) => (await queries.doEmbed({ values: [text] })).embeddings[0]!,
        dispose: bge.dispose,
        [Symbol.asyncDispose]: bge[Symbol.asyncDispose],
      };
    },
    reranker(input = {}) {
      const bge = createBge();
      // The SDK takes `topN` with each call.
      const isFields = typeof input === "object" && input !== null && "topN" in input;
      const { topN = 3, ...fields } = isFields ? input : {};
      const model = bge.rerankingModel(isFields ? fields : (input as Reranker));
      return {
        async rank(stored, query) {
          const values = Array.isArray(stored) ? stored.map((one) => (one as Stored)?.text) : (stored as string[]);
          const { ranking } = await model.doRerank({ documents: { type: "text", values }, query, topN });
          return ranking.map(({ index, relevanceScore: score }) => ({ ...(stored[index] as Stored), score }));
        },
        dispose: bge.dispose,
        [Symbol.asyncDispose]: bge[Symbol.asyncDispose],
      };
    },
    document: (id, text) => deepFreeze({ id, text, metadata: { source: id, nested: { kept: true } } }),
  });
});

describe.each(Object.entries(MAJORS))("%s", (name, { embed, embedMany, rerank, cosineSimilarity }) => {
  let embedder: Embedder;
  let reranker: Reranker;
  const bge = createBge({ workers: 1, threads: 1 });

  beforeAll(async () => {
    embedder = await loadEmbedder(TINY_EMBEDDER, { workers: 1, threads: 1 });
    reranker = await loadReranker(TINY_RERANKER, { workers: 1, threads: 1, scale: "sigmoid" });
  });
  afterAll(async () => {
    await bge.dispose();
    await embedder.dispose();
    await reranker.dispose();
  });

  it("finds and ranks with the packaged models", async () => {
    const { embeddings } = await embedMany({ model: bge.embeddingModel(), values: FACTS });
    for (const [value, answer] of QUESTIONS) {
      const { embedding } = await embed({ model: bge.queries(), value });
      const near = embeddings.map((vector, at) => [cosineSimilarity(embedding, vector), at] as const);
      expect(near.sort(([a], [b]) => b - a)[0]![1]).toBe(answer);
      const { ranking } = await rerank({ model: bge.rerankingModel(), documents: FACTS, query: value, topN: 2 });
      expect(ranking).toHaveLength(2);
      expect(ranking[0]!.originalIndex).toBe(answer);
    }
  });

  it("takes queries and documents apart by provider options, whatever the model's own kind", async () => {
    const value = "where is the cat?";
    const [asQuery, [asDocument]] = [await embedder.embedQuery(value), await embedder.embedDocuments([value])];
    const given = async (model: ReturnType<typeof bge.embeddingModel>, inputType?: "query" | "document") =>
      (await embed({ model, value, ...(inputType && { providerOptions: { bge: { inputType } } }) })).embedding;
    expect(asQuery).not.toEqual(asDocument);
    for (const inputType of [undefined, "document"] as const) {
      expect(await given(bge.embeddingModel(embedder), inputType)).toEqual([...asDocument!]);
    }
    for (const inputType of [undefined, "query"] as const) {
      expect(await given(bge.queries(embedder), inputType)).toEqual([...asQuery]);
    }
    expect(await given(bge.embeddingModel(embedder), "query")).toEqual([...asQuery]);
    expect(await given(bge.queries(embedder), "document")).toEqual([...asDocument!]);
  });

  it("refuses provider options that it does not know, with the option's name", async () => {
    for (const [options, parameter] of [
      [{ inputType: "passage" }, "inputType"],
      [{ dimensions: 0 }, "dimensions"],
      [{ instruction: "find" }, "instruction"],
    ] as const) {
      const call = embed({ model: bge.embeddingModel(embedder), value: "x", providerOptions: { bge: options } });
      await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
    }
    const call = rerank({
      model: bge.rerankingModel(reranker),
      documents: ["a"],
      query: "x",
      providerOptions: { bge: { inputType: "query" } },
    });
    await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "inputType" });
  });

  it("counts the tokens that the model reads", async () => {
    const values = ["a cat", "the moon is far away"];
    const { usage } = await embedMany({ model: bge.embeddingModel(embedder), values });
    const counts = await embedder.countTokens(values, { inputType: "document" });
    expect(usage.tokens).toBe(counts.reduce((sum, count) => sum + count, 0));
    const one = await embed({ model: bge.queries(embedder), value: "a cat" });
    expect(one.usage.tokens).toBe(await embedder.countTokens("a cat", { inputType: "query" }));
    expect(one.usage.tokens).toBeGreaterThan(counts[0]!); // the instruction
    const methods: string[] = [];
    const stop = onEvent("bge-js:call", ({ method }) => methods.push(method));
    await embed({ model: bge.queries(embedder), value: "a cat" });
    stop();
    expect(methods).toEqual(["embed"]); // which reads the text once
  });

  it("cuts vectors on request", async () => {
    const model = bge.embeddingModel(TINY_EMBEDDER);
    await using cut = await loadEmbedder(TINY_EMBEDDER, { dimensions: 8, workers: 1 });
    const [expected] = await cut.embedDocuments(["a cat"]);
    const { embedding } = await embed({ model, value: "a cat", providerOptions: { bge: { dimensions: 8 } } });
    expect(embedding).toEqual([...expected!]);
    if (name === "ai 7") {
      const asked = await embed({ model, value: "a cat", dimensions: 8 });
      expect(asked.embedding).toEqual([...expected!]);
    }
    const call = embed({
      model: bge.embeddingModel(embedder),
      value: "x",
      providerOptions: { bge: { dimensions: 8 } },
    });
    await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "dimensions" });
    const wide = embed({ model, value: "x", providerOptions: { bge: { dimensions: 1000 } } });
    await expect(wide).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "dimensions" });
  });

  it("never tries a failed call again", async () => {
    let loads = 0;
    const model = bge.embeddingModel("./no-such-folder");
    const counted = {
      ...model,
      doEmbed(options: Parameters<typeof model.doEmbed>[0]) {
        loads++;
        return model.doEmbed(options);
      },
    };
    await expect(embed({ model: counted, value: "x" })).rejects.toBeInstanceOf(BgeError);
    expect(loads).toBe(1);
  });

  it("aborts by the call's signal", async () => {
    const values = Array.from({ length: 2000 }, (_, i) => `text ${i}`);
    for (const call of [
      (abortSignal: AbortSignal) => embedMany({ model: bge.embeddingModel(embedder), values, abortSignal }),
      (abortSignal: AbortSignal) =>
        rerank({ model: bge.rerankingModel(reranker), documents: values, query: "text", abortSignal }),
    ]) {
      const controller = new AbortController();
      const pending = call(controller.signal);
      controller.abort(new Error("enough"));
      await expect(pending).rejects.toThrow("enough");
    }
  });

  it("ranks objects by their JSON text, and says so", async () => {
    const objects = FACTS.map((text) => ({ text }));
    const model = bge.rerankingModel(reranker);
    const { ranking, rerankedDocuments } = await rerank({ model, documents: objects, query: "unique identifier" });
    const expected = await reranker.rerank(
      "unique identifier",
      objects.map((one) => JSON.stringify(one)),
    );
    expect(ranking.map(({ originalIndex }) => originalIndex)).toEqual(expected.map(({ index }) => index));
    expect(rerankedDocuments[0]).toEqual(objects[expected[0]!.index]);
    const { warnings } = await model.doRerank({ documents: { type: "object", values: objects }, query: "x" });
    expect(warnings).toMatchObject([{ type: "compatibility", feature: "object documents" }]);
    expect((await model.doRerank({ documents: { type: "text", values: FACTS }, query: "x" })).warnings).toEqual([]);
  });

  it("refuses a blank query", async () => {
    const call = rerank({ model: bge.rerankingModel(reranker), documents: ["a"], query: " " });
    await expect(call).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "query" });
  });

  it("is a provider that a registry takes", async () => {
    const registry = MAJORS[name]!.createProviderRegistry({ bge });
    const { embedding } = await embed({ model: registry.embeddingModel(`bge:${TINY_EMBEDDER}`), value: "a cat" });
    expect(embedding).toEqual([...(await embedder.embedDocuments(["a cat"]))[0]!]);
    expect(() => bge.languageModel("gpt")).toThrow(expect.objectContaining({ name: "AI_NoSuchModelError" }));
    expect(() => bge.imageModel("painter")).toThrow(expect.objectContaining({ modelType: "imageModel" }));
  });
});

describe("createBge", () => {
  it("names its models as they were asked for", () => {
    const bge = createBge();
    expect(bge.embedding().modelId).toBe("BAAI/bge-small-en-v1.5");
    expect(bge.embedding("BAAI/bge-m3").modelId).toBe("BAAI/bge-m3");
    expect(bge.embedding({ model: "BAAI/bge-m3", workers: 1 }).modelId).toBe("BAAI/bge-m3");
    expect(bge.embedding({ directory: TINY_EMBEDDER }).modelId).toBe(TINY_EMBEDDER);
    expect(bge.reranking().modelId).toBe("bge-js/reranker-small-en");
  });

  it("disposes what was asked for after dispose, too", async () => {
    const bge = createBge();
    await bge.dispose();
    const call = bge.embeddingModel(TINY_EMBEDDER).doEmbed({ values: ["a"] });
    await expect(call).rejects.toMatchObject({ code: "DISPOSED" });
  });
});

describe("relevanceScorer", () => {
  it("gives the reranker's scores, of several queries at once, and a bad text fails alone", async () => {
    await using reranker = await loadReranker(TINY_RERANKER, { workers: 1, scale: "sigmoid" });
    await using bge = createBge({ workers: 1 });
    let calls = 0;
    const counted: Reranker = {
      ...reranker,
      score: (...given) => {
        calls++;
        return reranker.score(...given);
      },
    };
    const scorer = bge.relevanceScorer(counted);
    const asked = ["a cat", "a dog"].flatMap((query) => FACTS.map((text) => [query, text] as const));
    const [scores] = await Promise.all([
      Promise.all(asked.map(([query, text]) => scorer.getRelevanceScore(query, text))),
      expect(scorer.getRelevanceScore("a cat", "\ud800")).rejects.toMatchObject({ parameter: "text" }),
    ]);
    await expect(scorer.getRelevanceScore("", "a")).rejects.toMatchObject({
      code: "INVALID_INPUT",
      parameter: "query",
    });
    expect(calls).toBe(2);
    const expected = [await reranker.score("a cat", FACTS), await reranker.score("a dog", FACTS)].flat();
    expect(scores).toEqual(expected);
  });

  it("scores from 0 to 1 by default", async () => {
    await using bge = createBge();
    const scorer = bge.relevanceScorer();
    const [question, answer] = QUESTIONS[0]!;
    const scores = await Promise.all(FACTS.map((text) => scorer.getRelevanceScore(question, text)));
    expect(scores.indexOf(Math.max(...scores))).toBe(answer);
    for (const score of scores) expect(score >= 0 && score <= 1).toBe(true);
  });

  it("refuses scores that Mastra could not add to others", async () => {
    await using bge = createBge();
    await using logits = await loadReranker(TINY_RERANKER, { workers: 1, scale: "logit" });
    const refused = expect.objectContaining({ code: "INVALID_OPTION", parameter: "scale" });
    expect(() => bge.relevanceScorer(logits)).toThrow(refused);
    expect(() => bge.relevanceScorer({ model: TINY_RERANKER, scale: "logit" })).toThrow(refused);
    expect(() => bge.relevanceScorer({ scale: "fused" })).toThrow(refused);
  });

  it("rejects what cannot be scored", async () => {
    await using bge = createBge();
    const scorer = bge.relevanceScorer("./no-such-folder");
    await expect(scorer.getRelevanceScore("a", "b")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  });
});

it("ai 7 tells its telemetry of our models' calls, where some is registered", async () => {
  const told: string[] = [];
  const tell = (when: string) => (event: object) =>
    void told.push(`${"operationId" in event && event.operationId} ${when}`);
  const integrations = { onStart: tell("begins"), onEnd: tell("ends") };
  await using bge = createBge({ workers: 1, threads: 1 });
  const [model, ranker] = [bge.embeddingModel(TINY_EMBEDDER), bge.rerankingModel(TINY_RERANKER)];
  await ai7.embed({ model, value: "a", telemetry: { integrations } });
  await ai7.embedMany({ model, values: ["a", "b"], telemetry: { integrations } });
  await ai7.rerank({ model: ranker, query: "a", documents: ["b"], telemetry: { integrations } });
  const calls = ["ai.embed", "ai.embedMany", "ai.rerank"];
  expect(told).toEqual(calls.flatMap((name) => [`${name} begins`, `${name} ends`]));
});
