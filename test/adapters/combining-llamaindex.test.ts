// What LlamaIndex.TS combines retrievers and postprocessors with, over ours: one test for each row of docs/combining-retrievers.md.
import { type Embedder, loadEmbedder } from "@bge-js/core";
import { BgeEmbedding, BgeReranker, BgeRetriever } from "@bge-js/llamaindex";
import { MockLLM } from "@llamaindex/core/llms/mock";
import {
  CondenseQuestionChatEngine,
  ContextChatEngine,
  Document,
  IngestionPipeline,
  type LLM,
  LLMMultiSelector,
  LLMSingleSelector,
  MetadataMode,
  MetadataReplacementPostProcessor,
  type NodeWithScore,
  QueryEngineTool,
  RetrieverQueryEngine,
  RouterQueryEngine,
  SentenceWindowNodeParser,
  Settings,
  SimilarityPostprocessor,
  SubQuestionQueryEngine,
  SummaryIndex,
  TextNode,
  VectorStoreIndex,
} from "llamaindex";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../support/adapters/combining-table.js";
import { FACTS, QUESTIONS } from "../support/adapters/facts.js";

const nodes = FACTS.map((text, at) => {
  const metadata = { at };
  return new TextNode({ id_: `fact-${at}`, text, metadata, excludedEmbedMetadataKeys: ["at"] });
});
const [QUESTION, ANSWER] = QUESTIONS[3]!;
/** A language model that always says this. */
const scripted = (responseMessage: string): LLM => new MockLLM({ responseMessage, timeBetweenToken: 0 });
const atOf = (found: readonly NodeWithScore[] | undefined) => (found ?? []).map(({ node }) => node.metadata["at"]);

let embedder: Embedder;
let reranker: BgeReranker;
let retriever: BgeRetriever;
let index: VectorStoreIndex;
let ours: readonly RetrieverQueryEngine[];

beforeAll(async () => {
  embedder = await loadEmbedder();
  Settings.embedModel = new BgeEmbedding(embedder);
  Settings.llm = scripted("The penguin.");
  reranker = new BgeReranker();
  retriever = await BgeRetriever.fromNodes(nodes, { embedder });
  index = await VectorStoreIndex.init({ nodes: copies() });
  ours = [
    new RetrieverQueryEngine(retriever),
    new RetrieverQueryEngine(index.asRetriever({ similarityTopK: 10 }), undefined, [reranker]),
  ];
});
afterAll(async () => {
  await retriever.dispose();
  await reranker.dispose();
  await embedder.dispose();
});

/** Of its own for each, since an index writes vectors into its nodes. */
function copies() {
  return nodes.map((node) => node.clone());
}

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  async RetrieverQueryEngine() {
    for (const engine of ours) {
      for (const [question, answer] of QUESTIONS) {
        const { sourceNodes, message } = await engine.query({ query: question });
        expect(atOf(sourceNodes)[0]).toBe(answer);
        expect(new Set(atOf(sourceNodes)).size).toBe(3);
        for (const { node } of sourceNodes!) expect(Object.keys(node.metadata)).toEqual(["at"]);
        expect(message.content).toBe("The penguin.");
      }
    }
  },

  async RouterQueryEngine() {
    const [facts, other] = [ours[0]!, new RetrieverQueryEngine(await BgeRetriever.fromNodes([], { embedder }))];
    const queryEngineTools = [
      { queryEngine: other, description: "Nothing" },
      { queryEngine: facts, description: "Facts" },
    ];
    const choose = (...choices: number[]) =>
      scripted(JSON.stringify(choices.map((choice) => ({ choice, reason: "" }))));
    const one = new RouterQueryEngine({ queryEngineTools, selector: new LLMSingleSelector({ llm: choose(2) }) });
    expect(atOf((await one.query({ query: QUESTION })).sourceNodes)[0]).toBe(ANSWER);

    // Several answers are combined. Here the query comes in a bundle around a bundle.
    const both = ours.map((queryEngine) => ({ queryEngine, description: "Facts" }));
    const selector = new LLMMultiSelector({ llm: choose(1, 2) });
    const { sourceNodes, message } = await new RouterQueryEngine({ queryEngineTools: both, selector }).query({
      query: QUESTION,
    });
    expect(message.content).toBe("The penguin.");
    expect(atOf(sourceNodes).filter((at) => at === ANSWER)).toHaveLength(2); // one of each engine: LlamaIndex joins, and drops none
    await (other.retriever as BgeRetriever).dispose();
  },

  async SubQuestionQueryEngine() {
    const asked: unknown[] = [];
    const queryEngineTools = ours.map((queryEngine, i) => {
      const metadata = { name: `facts-${i}`, description: "Facts" };
      const tool = new QueryEngineTool({ queryEngine, metadata, includeSourceNodes: true });
      return { metadata: tool.metadata, call: async (input: { query: string }) => asked.push(await tool.call(input)) };
    });
    const subQuestions = QUESTIONS.map(([subQuestion], i) => ({ subQuestion, toolName: `facts-${i % 2}` }));
    const engine = SubQuestionQueryEngine.fromDefaults({
      queryEngineTools,
      questionGen: { generate: async () => subQuestions },
    });
    const { sourceNodes } = await engine.query({ query: "everything" });
    expect(sourceNodes).toHaveLength(QUESTIONS.length);
    const best = (asked as { sourceNodes: NodeWithScore[] }[]).map(
      ({ sourceNodes: [first] }) => first!.node.metadata["at"],
    );
    expect(best.sort()).toEqual(QUESTIONS.map(([, answer]) => answer).sort());
  },

  async QueryEngineTool() {
    for (const queryEngine of ours) {
      const metadata = { name: "facts", description: "Facts" };
      const tool = new QueryEngineTool({ queryEngine, metadata, includeSourceNodes: true });
      const { sourceNodes } = (await tool.call({ query: QUESTION })) as unknown as { sourceNodes: NodeWithScore[] };
      expect(atOf(sourceNodes)[0]).toBe(ANSWER);
    }
  },

  async ContextChatEngine() {
    const engine = new ContextChatEngine({ retriever, nodePostprocessors: [reranker], chatModel: Settings.llm });
    const { sourceNodes, message } = await engine.chat({ message: QUESTION });
    expect([atOf(sourceNodes)[0], message.content]).toEqual([ANSWER, "The penguin."]);
    const parts = [{ type: "text" as const, text: QUESTION }];
    expect(atOf((await engine.chat({ message: parts })).sourceNodes)[0]).toBe(ANSWER);
  },

  async CondenseQuestionChatEngine() {
    const condensing = Settings.llm;
    Settings.llm = scripted(QUESTION); // what the question becomes
    for (const queryEngine of ours) {
      const engine = new CondenseQuestionChatEngine({ queryEngine, chatHistory: [] });
      expect(atOf((await engine.chat({ message: "And which of them?" })).sourceNodes)[0]).toBe(ANSWER);
    }
    Settings.llm = condensing;
  },

  async SimilarityPostprocessor() {
    const found = await retriever.retrieve(QUESTION);
    const similarityCutoff = (found[0]!.score! + found[1]!.score!) / 2;
    const cut = await new SimilarityPostprocessor({ similarityCutoff }).postprocessNodes(found);
    expect(atOf(cut)).toEqual([ANSWER]);
  },

  async MetadataReplacementPostProcessor() {
    const parser = new SentenceWindowNodeParser({ windowSize: 1 });
    const windows = parser.getNodesFromDocuments([new Document({ text: FACTS.join(" ") })]);
    await using own = await BgeRetriever.fromNodes(windows, {
      embedder,
      reranker: false,
      lateInteraction: false,
      topN: 1,
    });
    const replacing = new MetadataReplacementPostProcessor(parser.windowMetadataKey);
    const engine = new RetrieverQueryEngine(own, undefined, [replacing]);
    // It changes the nodes, not what was read of them: the second search finds the same.
    for (const _ of ["first", "second"]) {
      const [found] = await engine.retrieve(QUESTION);
      const text = found!.node.getContent(MetadataMode.NONE);
      expect(text).toContain(FACTS[ANSWER]);
      expect(text.length).toBeGreaterThan(FACTS[ANSWER]!.length);
    }
  },

  async SummaryIndex() {
    const summary = await SummaryIndex.init({ nodes: copies() });
    const found = await new RetrieverQueryEngine(summary.asRetriever(), undefined, [reranker]).retrieve(QUESTION);
    expect(atOf(found)[0]).toBe(ANSWER);
    expect(found).toHaveLength(3);
  },

  async IngestionPipeline() {
    const pipeline = new IngestionPipeline({ transformations: [Settings.nodeParser, Settings.embedModel] });
    const documents = FACTS.map((text, at) => new Document({ text, metadata: { at } }));
    const ingested = await pipeline.run({ documents });
    expect(ingested.every(({ embedding }) => embedding?.length === 384)).toBe(true);
    await using own = await BgeRetriever.fromNodes(ingested, { embedder });
    expect(atOf(await own.retrieve(QUESTION))[0]).toBe(ANSWER);
  },
};

describe("LlamaIndex.TS", () => {
  it.each(Object.entries(CASES))("%s", (_, run) => run());

  it("has a row for each of these in the documentation", () => {
    expect(rowsOf("LlamaIndex.TS")).toEqual(Object.keys(CASES));
  });
});
