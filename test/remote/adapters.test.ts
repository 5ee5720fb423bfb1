import { createBge } from "@bge-js/ai-sdk";
import { type Embedder, loadEmbedder, loadReranker, type RemoteModel, type Reranker } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever } from "@bge-js/langchain";
import { BgeEmbedding, BgeSentenceSplitter } from "@bge-js/llamaindex";
import { loadRetriever } from "@bge-js/retriever";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";
import { nimDouble, openaiDouble, teiDouble } from "../support/servers/dialects.js";
import type { Double } from "../support/servers/http-double.js";

const TEXTS = ["a cat sat on a mat", "the moon is far away", "cats and dogs", "bread is baked at night"];
const QUERY = "where is the cat?";

let local: Embedder;
let cross: Reranker;
let embedding: Double;
let reranking: Double;
beforeAll(async () => {
  local = await loadEmbedder(fixture("tiny-bert-cls"));
  cross = await loadReranker(fixture("tiny-bert-reranker"));
  embedding = await teiDouble({ embedder: local });
  reranking = await teiDouble({ reranker: cross });
});
afterAll(async () => {
  await Promise.all([local.dispose(), cross.dispose(), embedding.close(), reranking.close()]);
});

/** The application: nothing in it knows where the models are. */
async function search(models: {
  embeddings: string | RemoteModel;
  reranker: string | RemoteModel;
}): Promise<{ text: string; score: number }[]> {
  await using embeddings = new BgeEmbeddings({ model: models.embeddings });
  await using reranker = new BgeReranker({ model: models.reranker });
  const vectorStore = new MemoryVectorStore(embeddings);
  await vectorStore.addDocuments(TEXTS.map((pageContent) => new Document({ pageContent })));
  const retriever = new BgeRerankRetriever({ vectorStore, reranker, k: 4, topN: 3, scoreInMetadata: true });
  const found = await retriever.invoke(QUERY);
  return found.map(({ pageContent, metadata }) => ({ text: pageContent, score: metadata["relevanceScore"] }));
}

describe.skipIf(!hasLoopback)("a model behind a server", () => {
  const tei = (): RemoteModel => ({ url: embedding.url, api: "tei", queryInstruction: local.spec.queryInstruction });

  test("a LangChain application moves to it by changing one object", async () => {
    const here = await search({ embeddings: fixture("tiny-bert-cls"), reranker: fixture("tiny-bert-reranker") });
    const there = await search({ embeddings: tei(), reranker: { url: reranking.url, api: "tei" } });
    expect(there.map(({ text }) => text)).toEqual(here.map(({ text }) => text));
    for (const [i, { score }] of there.entries()) expect(score).toBeCloseTo(here[i]!.score, 5);
    expect(embedding.bodies("/embed").length).toBeGreaterThan(0);
    expect(reranking.bodies("/rerank").at(-1)).toMatchObject({ raw_scores: false, truncate: false });
  });

  test("and so it does to NIM and to an OpenAI dialect", async () => {
    const here = await search({ embeddings: fixture("tiny-bert-cls"), reranker: fixture("tiny-bert-reranker") });
    await using nim = await nimDouble({ embedder: local, reranker: cross });
    await using openai = await openaiDouble({ embedder: local, reranker: cross });
    const { maxTokens } = local;
    const { queryInstruction } = local.spec;
    for (const model of [
      { url: `${nim.url}/v1`, api: "nim", maxTokens },
      { url: `${openai.url}/v1`, api: "infinity", maxTokens, queryInstruction },
    ] as const) {
      const there = await search({ embeddings: model, reranker: model });
      expect(there.map(({ text }) => text)).toEqual(here.map(({ text }) => text));
      for (const [i, { score }] of there.entries()) expect(score).toBeCloseTo(here[i]!.score, 5);
    }
  });

  test("BgeEmbeddings takes it bare, and names a cache for it once it is loaded", async () => {
    await using embeddings = new BgeEmbeddings(tei());
    expect(await embeddings.embedQuery(QUERY)).toHaveLength(48);
    const unknown = expect.objectContaining({ code: "INVALID_OPTION", parameter: "model" });
    expect(() => embeddings.cacheNamespace).toThrow(unknown);
    await using loaded = await loadEmbedder(tei());
    expect(new BgeEmbeddings(loaded).cacheNamespace).toMatch(/^tiny_fp32_48_[0-9a-f]{16}_$/);
  });

  test("the AI SDK gives the same vectors, and the tokens where the server counts them", async () => {
    await using openai = await openaiDouble({ embedder: local });
    const { maxTokens } = local;
    await using bge = createBge();
    const expected = await local.embedDocuments(TEXTS);
    for (const [model, tokens] of [
      [tei(), (await local.countTokens(TEXTS)).reduce((sum, count) => sum + count)],
      [{ url: `${openai.url}/v1`, api: "openai", queryInstruction: "", maxTokens } as const, undefined],
    ] as const) {
      const embedding = bge.embeddingModel(model);
      expect(embedding.modelId).toBe(model.url);
      const { embeddings, usage } = await embedding.doEmbed({ values: TEXTS });
      expect(usage?.tokens).toBe(tokens);
      for (const [i, vector] of embeddings.entries()) {
        for (const [d, value] of vector.entries()) expect(value).toBeCloseTo(expected[i]![d]!, 6);
      }
    }
  });

  test("LlamaIndex gives the same vectors; a splitter needs a model here", async () => {
    await using remote = new BgeEmbedding(tei());
    const [vector] = await remote.getTextEmbeddings(["a cat"]);
    const [expected] = await local.embedDocuments(["a cat"]);
    for (const [d, value] of vector!.entries()) expect(value).toBeCloseTo(expected![d]!, 6);
    const refused = expect.objectContaining({ code: "INVALID_OPTION", parameter: "model" });
    expect(() => new BgeSentenceSplitter({ model: tei() })).toThrow(refused);
  });

  test("the retriever finds with it what it finds with the model here", async () => {
    const ask = async (embedder: Embedder | RemoteModel, reranker: Reranker | RemoteModel) => {
      await using retriever = await loadRetriever({ embedder, reranker });
      await retriever.add(TEXTS);
      const { results } = await retriever.search(QUERY, { topN: 4 });
      return results.map(({ document }) => document.text);
    };
    const here = await ask(local, cross);
    expect(await ask(tei(), { url: reranking.url, api: "tei" })).toEqual(here);
  });
});
