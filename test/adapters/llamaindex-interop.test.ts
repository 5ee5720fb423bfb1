import { BgeEmbedding, BgeReranker, BgeRetriever } from "@bge-js/llamaindex";
import { MockLLM } from "@llamaindex/core/llms/mock";
import { Document, MetadataMode, RetrieverQueryEngine, Settings, VectorStoreIndex } from "llamaindex";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FACTS, QUESTIONS } from "../support/adapters/facts.js";

const embedding = new BgeEmbedding();
const reranker = new BgeReranker();
const documents = FACTS.map((text, at) => new Document({ id_: `fact-${at}`, text, metadata: { at } }));
let index: VectorStoreIndex;

beforeAll(async () => {
  Settings.embedModel = embedding;
  Settings.llm = new MockLLM(); // a query engine wants one, though retrieving needs none
  index = await VectorStoreIndex.fromDocuments(documents);
});
afterAll(async () => {
  await embedding.dispose();
  await reranker.dispose();
});

describe("LlamaIndex with the embedded model", () => {
  it("retrieves by VectorStoreIndex", async () => {
    const retriever = index.asRetriever({ similarityTopK: 100 });
    for (const [question, answer] of QUESTIONS) {
      const nodes = await retriever.retrieve(question);
      expect(nodes.length).toBe(FACTS.length);
      expect(nodes[0]!.node.metadata["at"]).toBe(answer);
    }
  });

  it("reranks in RetrieverQueryEngine", async () => {
    const engine = new RetrieverQueryEngine(index.asRetriever({ similarityTopK: 100 }), undefined, [reranker]);
    for (const [question, answer] of QUESTIONS) {
      const nodes = await engine.retrieve(question);
      expect(nodes.length).toBe(3);
      expect(nodes[0]!.node.metadata["at"]).toBe(answer);
      expect(nodes[0]!.node.sourceNode?.nodeId).toBe(`fact-${answer}`);
      const scores = nodes.map(({ score }) => score!);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
    const { sourceNodes } = await engine.query({ query: QUESTIONS[0]![0] });
    expect(sourceNodes!.length).toBe(3);
  });

  it("is a postprocessor of an index's own query engine", async () => {
    const engine = index.asQueryEngine({ similarityTopK: 100, nodePostprocessors: [reranker] });
    const { sourceNodes } = await engine.query({ query: QUESTIONS[1]![0] });
    expect(sourceNodes!.map(({ node }) => node.metadata["at"])[0]).toBe(QUESTIONS[1]![1]);
  });
});

describe("BgeRetriever", () => {
  const options = { lateInteraction: true, reranker: false, metadataMode: MetadataMode.NONE } as const;

  it("finds answers in RetrieverQueryEngine, among nodes of a node parser", async () => {
    const nodes = await Settings.nodeParser.getNodesFromDocuments(documents);
    await using retriever = await BgeRetriever.fromNodes(nodes, { ...options, topN: 2 });
    const engine = new RetrieverQueryEngine(retriever);
    for (const [question, answer] of QUESTIONS) {
      const { sourceNodes } = await engine.query({ query: question });
      expect(sourceNodes).toHaveLength(2);
      expect(sourceNodes![0]!.node.metadata["at"]).toBe(answer);
      expect(sourceNodes![0]!.node.sourceNode?.nodeId).toBe(`fact-${answer}`);
    }
    // An exact word, which vectors alone may miss.
    expect((await retriever.retrieve("randomUUID"))[0]!.node.metadata["at"]).toBe(4);
  });

  it("gives a postprocessor what it ranks, and events what it found", async () => {
    await using retriever = await BgeRetriever.fromNodes(documents, { ...options, topN: 10 });
    const found: number[] = [];
    const onEnd = ({ detail }: { detail: { nodes: unknown[] } }) => found.push(detail.nodes.length);
    Settings.callbackManager.on("retrieve-end", onEnd);
    const engine = new RetrieverQueryEngine(retriever, undefined, [reranker]);
    for (const [question, answer] of QUESTIONS) {
      const nodes = await engine.retrieve(question);
      expect(nodes).toHaveLength(3);
      expect(nodes[0]!.node.id_).toBe(`fact-${answer}`);
    }
    Settings.callbackManager.off("retrieve-end", onEnd);
    expect(found).toEqual(QUESTIONS.map(() => FACTS.length));
  });
});
