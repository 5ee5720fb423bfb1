import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createBge } from "@bge-js/ai-sdk";
import { loadReranker } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker } from "@bge-js/langchain";
import { BgeEmbedding, BgeReranker as NodeReranker } from "@bge-js/llamaindex";
import { TextNode } from "llamaindex";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";

let silent: Server;
let model: { readonly url: string; readonly api: "tei"; readonly queryInstruction: "" };
beforeAll(async () => {
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  model = { url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, api: "tei", queryInstruction: "" };
});
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
});

describe.skipIf(!hasLoopback)("a call is aborted while the model still loads", () => {
  const calls: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    "LangChain's embedDocuments": (signal) => new BgeEmbeddings(model).embedDocuments(["a"], { signal }),
    "LangChain's embedQuery": (signal) => new BgeEmbeddings(model).embedQuery("a", { signal }),
    "LangChain's rerank": (signal) => new BgeReranker(model).rerank(["a"], "b", { signal }),
    "LlamaIndex's embeddings": (signal) => new BgeEmbedding({ model, signal }).getTextEmbedding("a"),
    "AI SDK's embeddings": async (abortSignal) =>
      createBge()
        .embeddingModel(model)
        .doEmbed({ values: ["a"], abortSignal }),
    "AI SDK's ranking": async (abortSignal) => {
      const documents = { type: "text" as const, values: ["a"] };
      return createBge().rerankingModel(model).doRerank({ documents, query: "b", abortSignal });
    },
  };
  test.each(Object.entries(calls))("%s", async (_, call) => {
    const controller = new AbortController();
    const called = call(controller.signal);
    setImmediate(() => controller.abort("enough"));
    await expect(called).rejects.toBe("enough");
  });
});

test("a list that changes after the call was made changes no vector", async () => {
  await using embeddings = new BgeEmbeddings(fixture("tiny-bert-cls"));
  await using bge = createBge();
  const embedder = bge.embeddingModel(fixture("tiny-bert-cls"));
  const [wanted] = await embeddings.embedDocuments(["a"]);
  const texts = ["a"];
  const calls = [embeddings.embedDocuments(texts), embedder.doEmbed({ values: texts })] as const;
  texts[0] = "quite another text";
  expect((await calls[0])[0]).toEqual(wanted);
  expect((await calls[1]).embeddings[0]).toEqual(wanted);
});

test("a list that changes after the call was made changes no ranking", async () => {
  const model = fixture("tiny-bert-reranker");
  await using reranker = new NodeReranker(model);
  await using bge = createBge();
  const values = ["a panda eats bamboo"];
  const nodes = [{ node: new TextNode({ id_: "panda", text: values[0]! }) }];
  await using own = await loadReranker(model, { scale: "sigmoid" });
  const wanted = await own.score("what is a panda?", values);
  const documents = { type: "text" as const, values };
  const calls = [
    bge.rerankingModel(model).doRerank({ documents, query: "what is a panda?" }),
    reranker.postprocessNodes(nodes, "what is a panda?"),
  ] as const;
  values[0] = "quite another text";
  nodes.length = 0;
  expect((await calls[0]).ranking[0]?.relevanceScore).toBeCloseTo(wanted[0]!, 5);
  expect((await calls[1])[0]?.node.id_).toBe("panda");
});
