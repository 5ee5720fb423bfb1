// The retrievers of LangChain.js that combine others, over ours: one test for each row of docs/combining-retrievers.md.
import { type Embedder, loadEmbedder } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever, BgeRetriever } from "@bge-js/langchain";
import { createStuffDocumentsChain } from "@langchain/classic/chains/combine_documents";
import { createHistoryAwareRetriever } from "@langchain/classic/chains/history_aware_retriever";
import { createRetrievalChain } from "@langchain/classic/chains/retrieval";
import { VectorStoreRetrieverMemory } from "@langchain/classic/memory";
import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { DocumentCompressorPipeline } from "@langchain/classic/retrievers/document_compressors";
import { LLMChainExtractor } from "@langchain/classic/retrievers/document_compressors/chain_extract";
import { EmbeddingsFilter } from "@langchain/classic/retrievers/document_compressors/embeddings_filter";
import { EnsembleRetriever } from "@langchain/classic/retrievers/ensemble";
import { HydeRetriever } from "@langchain/classic/retrievers/hyde";
import { MatryoshkaRetriever } from "@langchain/classic/retrievers/matryoshka_retriever";
import { MultiQueryRetriever } from "@langchain/classic/retrievers/multi_query";
import { MultiVectorRetriever } from "@langchain/classic/retrievers/multi_vector";
import { ParentDocumentRetriever } from "@langchain/classic/retrievers/parent_document";
import { ScoreThresholdRetriever } from "@langchain/classic/retrievers/score_threshold";
import { SelfQueryRetriever } from "@langchain/classic/retrievers/self_query";
import { FunctionalTranslator } from "@langchain/classic/retrievers/self_query/functional";
import { TimeWeightedVectorStoreRetriever } from "@langchain/classic/retrievers/time_weighted";
import { createRetrieverTool } from "@langchain/classic/tools/retriever";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { SemanticSimilarityExampleSelector } from "@langchain/core/example_selectors";
import { index, RecordManager, type UpdateOptions } from "@langchain/core/indexing";
import { HumanMessage } from "@langchain/core/messages";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import type { BaseRetrieverInterface } from "@langchain/core/retrievers";
import { RunnableLambda } from "@langchain/core/runnables";
import { InMemoryStore } from "@langchain/core/stores";
import { Comparison, StructuredQuery } from "@langchain/core/structured_query";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import type { VectorStore, VectorStoreRetriever } from "@langchain/core/vectorstores";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../support/adapters/combining-table.js";
import { FACTS, QUESTIONS } from "../support/adapters/facts.js";

const facts = FACTS.map((pageContent, at) => new Document({ id: `fact-${at}`, pageContent, metadata: { at } }));
const [QUESTION, ANSWER] = QUESTIONS[3]!;
const scripted = (...responses: string[]) => new FakeListChatModel({ responses });
const atOf = (documents: readonly DocumentInterface[]) => documents.map(({ metadata }) => metadata["at"]);

let embedder: Embedder;
let embeddings: BgeEmbeddings;
let reranker: BgeReranker;
let store: MemoryVectorStore;
let retriever: BgeRetriever;
let reranking: BgeRerankRetriever;
/** What each is tried over: those of ours, which must behave as a vector store's own. */
let ours: readonly BaseRetrieverInterface[];

const empty = () => new BgeRetriever({ embedder, reranker: false, lateInteraction: false });

beforeAll(async () => {
  embedder = await loadEmbedder();
  embeddings = new BgeEmbeddings(embedder);
  reranker = new BgeReranker();
  store = await MemoryVectorStore.fromDocuments(facts, embeddings);
  retriever = await BgeRetriever.fromDocuments(facts, { embedder });
  reranking = new BgeRerankRetriever({ vectorStore: store, reranker });
  ours = [retriever, reranking];
});
afterAll(async () => {
  await retriever.dispose();
  await reranker.dispose();
  await embedder.dispose();
});

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  async MultiQueryRetriever() {
    const questions = "<questions>\nWhich bird swims?\nWhat animal swims well?\nswimming birds\n</questions>";
    for (const one of ours) {
      const multi = MultiQueryRetriever.fromLLM({ llm: scripted(questions), retriever: one });
      const found = atOf(await multi.invoke(QUESTION));
      expect(found).toContain(ANSWER);
      expect(new Set(found).size).toBe(found.length);
    }
    const scored = new BgeRerankRetriever({ vectorStore: store, reranker, scoreInMetadata: true });
    const apart = atOf(
      await MultiQueryRetriever.fromLLM({ llm: scripted(questions), retriever: scored }).invoke(QUESTION),
    );
    expect(new Set(apart).size).toBeLessThan(apart.length); // why it is not the default
    const llm = scripted(questions);
    const compressed = MultiQueryRetriever.fromLLM({ llm, retriever, documentCompressor: reranker });
    const [best] = await compressed.invoke(QUESTION);
    expect(best!.metadata).toEqual({ at: ANSWER, relevanceScore: expect.any(Number) });
  },

  async EnsembleRetriever() {
    const ensemble = new EnsembleRetriever({ retrievers: [retriever, reranking, store.asRetriever({ k: 3 })] });
    for (const [question, answer] of QUESTIONS) {
      const found = await ensemble.invoke(question);
      expect(atOf(found)[0]).toBe(answer);
      expect(new Set(atOf(found)).size).toBe(found.length);
      for (const { metadata } of found) expect(metadata).toEqual({ at: expect.any(Number) });
    }
  },

  async ContextualCompressionRetriever() {
    const filter = new EmbeddingsFilter({ embeddings, k: 2 });
    const extractor = LLMChainExtractor.fromLLM(scripted("a penguin"));
    const pipeline = new DocumentCompressorPipeline({ transformers: [filter, reranker] });
    for (const baseRetriever of ours) {
      const compressors = [reranker, filter, pipeline];
      for (const baseCompressor of compressors) {
        const found = await new ContextualCompressionRetriever({ baseCompressor, baseRetriever }).invoke(QUESTION);
        expect(atOf(found)[0]).toBe(ANSWER);
      }
      const extracted = new ContextualCompressionRetriever({ baseCompressor: extractor, baseRetriever });
      expect((await extracted.invoke(QUESTION))[0]).toMatchObject({
        pageContent: "a penguin",
        metadata: { at: ANSWER },
      });
    }
  },

  async ParentDocumentRetriever() {
    const childSplitter = new RecursiveCharacterTextSplitter({ chunkSize: 60, chunkOverlap: 0 });
    const fields = { childSplitter, vectorstore: new MemoryVectorStore(embeddings), parentK: 2 };
    const byStore = new ParentDocumentRetriever({ ...fields, docstore: new InMemoryStore<Document>(), childK: 10 });
    const children = new BgeRetriever({ embedder, reranker: false, lateInteraction: false, topN: 10 });
    const byRetriever = new ParentDocumentRetriever({
      ...fields,
      docstore: new InMemoryStore<Document>(),
      childDocumentRetriever: children as unknown as VectorStoreRetriever,
      documentCompressor: reranker,
    });
    for (const parents of [byStore, byRetriever]) {
      await parents.addDocuments(facts);
      const found = await parents.invoke(QUESTION);
      expect(found).toHaveLength(2);
      expect(found[0]!.pageContent).toBe(FACTS[ANSWER]); // whole, though its pieces are what was found
    }
    expect((await children.invoke(QUESTION))[0]!.pageContent.length).toBeLessThanOrEqual(60);
    expect(fields.vectorstore.memoryVectors.length).toBeGreaterThan(FACTS.length);
    await children.dispose();
  },

  async MultiVectorRetriever() {
    const docstore = new InMemoryStore<Document>();
    await docstore.mset(facts.map((fact) => [fact.id!, fact]));
    const vectorstore = new MemoryVectorStore(embeddings);
    const summary = ["A bird in the water.", "What swims?"].map(
      (pageContent) => new Document({ pageContent, metadata: { doc_id: `fact-${ANSWER}` } }),
    );
    await vectorstore.addDocuments([
      ...summary,
      new Document({ pageContent: "UUIDs", metadata: { doc_id: "fact-4" } }),
    ]);
    const multi = new MultiVectorRetriever({ vectorstore, docstore, childK: 3, parentK: 3 });
    expect(atOf(await multi.invoke(QUESTION))).toEqual([ANSWER, 4]);
  },

  async TimeWeightedVectorStoreRetriever() {
    const vectorStore = new MemoryVectorStore(embeddings);
    const weighted = new TimeWeightedVectorStoreRetriever({ vectorStore, memoryStream: [], k: 2, searchKwargs: 5 });
    await weighted.addDocuments(facts);
    for (const [question, answer] of QUESTIONS) expect(atOf(await weighted.invoke(question))[0]).toBe(answer);
  },

  async SelfQueryRetriever() {
    // What a language model's answer is parsed into; the parser needs the package peggy.
    const structured = new StructuredQuery("unique identifier", new Comparison("gt", "at", 4));
    const self = new SelfQueryRetriever({
      queryConstructor: RunnableLambda.from(() => structured),
      vectorStore: store,
      structuredQueryTranslator: new FunctionalTranslator(),
      searchParams: { k: 10 },
    });
    expect(atOf(await self.invoke("identifiers behind fact 4")).sort()).toEqual([5, 6, 7, 8, 9]);
  },

  async HydeRetriever() {
    const hyde = new HydeRetriever({ vectorStore: store, llm: scripted("Penguins swim very well."), k: 1 });
    expect(atOf(await hyde.invoke("anything"))).toEqual([ANSWER]);
  },

  async ScoreThresholdRetriever() {
    const [[, best], [, second]] = (await store.similaritySearchWithScore(QUESTION, 2)) as [
      [Document, number],
      [Document, number],
    ];
    const minSimilarityScore = (best + second) / 2;
    const threshold = ScoreThresholdRetriever.fromVectorStore(store, { minSimilarityScore, maxK: 10, kIncrement: 2 });
    expect(atOf(await threshold.invoke(QUESTION))).toEqual([ANSWER]);
  },

  async MatryoshkaRetriever() {
    const small = new BgeEmbeddings({ dimensions: 128 });
    const vectorStore = new MemoryVectorStore(small);
    const matryoshka = new MatryoshkaRetriever({ vectorStore, largeEmbeddingModel: embeddings, smallK: 10, largeK: 3 });
    await matryoshka.addDocuments(facts);
    for (const [question, answer] of QUESTIONS) expect(atOf(await matryoshka.invoke(question))[0]).toBe(answer);
    await small.dispose();
  },

  async 'asRetriever({ searchType: "mmr" })'() {
    const mmr = store.asRetriever({ searchType: "mmr", k: 3, searchKwargs: { fetchK: 10 } });
    const reranked = new BgeRerankRetriever({ baseRetriever: mmr, reranker, topN: 1 });
    expect(atOf(await reranked.invoke(QUESTION))).toEqual([ANSWER]);
  },

  async SemanticSimilarityExampleSelector() {
    const examples = FACTS.map((fact, at) => ({ fact, at: String(at) }));
    const selector = await SemanticSimilarityExampleSelector.fromExamples(examples, embeddings, MemoryVectorStore, {
      k: 1,
      inputKeys: ["fact"],
    });
    expect(await selector.selectExamples({ fact: QUESTION })).toEqual([examples[ANSWER]]);
  },

  async VectorStoreRetrieverMemory() {
    const asMemory = empty();
    for (const vectorStoreRetriever of [
      asMemory as unknown as VectorStoreRetriever,
      new MemoryVectorStore(embeddings).asRetriever(1),
    ]) {
      const memory = new VectorStoreRetrieverMemory({ vectorStoreRetriever, memoryKey: "history" });
      await memory.saveContext({ input: "My favourite bird is the penguin." }, { output: "Noted." });
      expect((await memory.loadMemoryVariables({ prompt: "bird?" }))["history"]).toContain("penguin");
    }
    await asMemory.dispose();
  },

  async createHistoryAwareRetriever() {
    const rephrasePrompt = ChatPromptTemplate.fromMessages([
      ["placeholder", "{chat_history}"],
      ["human", "{input}"],
    ]);
    for (const one of ours) {
      const aware = await createHistoryAwareRetriever({ llm: scripted(QUESTION), retriever: one, rephrasePrompt });
      const chat_history = [new HumanMessage("We talk about animals.")];
      expect(atOf(await aware.invoke({ input: "Which one swims?", chat_history }))[0]).toBe(ANSWER);
    }
  },

  async createRetrievalChain() {
    const prompt = ChatPromptTemplate.fromTemplate("{context}\n\n{input}");
    for (const one of ours) {
      const combineDocsChain = await createStuffDocumentsChain({ llm: scripted("The penguin."), prompt });
      const chain = await createRetrievalChain({ retriever: one, combineDocsChain });
      const { answer, context } = await chain.invoke({ input: QUESTION });
      expect([answer, atOf(context)[0]]).toEqual(["The penguin.", ANSWER]);
    }
  },

  async createRetrieverTool() {
    for (const one of ours) {
      const tool = createRetrieverTool(one as BgeRetriever, { name: "facts", description: "Searches facts." });
      expect(await tool.invoke({ query: QUESTION })).toContain(FACTS[ANSWER]);
    }
  },

  async "index()"() {
    const target = new BgeRetriever({ embedder, reranker: false, lateInteraction: false, topN: 100 });
    const recordManager = new Records();
    const sync = (documents: readonly DocumentInterface[], cleanup: "full" | "incremental" | undefined) => {
      recordManager.now++;
      return index({
        docsSource: documents as DocumentInterface[],
        recordManager,
        vectorStore: target as unknown as VectorStore,
        options: { sourceIdKey: "source", batchSize: 2, ...(cleanup && { cleanup }) },
      });
    };
    const contents = async () => (await target.invoke("a cat")).map(({ pageContent }) => pageContent).sort();
    const document = (pageContent: string, source: string) => new Document({ pageContent, metadata: { source } });
    const cats = [document("a cat", "cats.md"), document("two cats", "cats.md"), document("a dog", "dogs.md")];
    const counts = { numAdded: 0, numUpdated: 0, numSkipped: 0, numDeleted: 0 };

    expect(await sync(cats, undefined)).toEqual({ ...counts, numAdded: 3 });
    expect(await sync(cats, "full")).toEqual({ ...counts, numSkipped: 3 });
    expect(await contents()).toEqual(["a cat", "a dog", "two cats"]);
    // A changed source takes the place of what it had; others stay.
    const changed = [document("a cat", "cats.md"), document("three cats", "cats.md")];
    expect(await sync(changed, "incremental")).toEqual({ ...counts, numAdded: 1, numSkipped: 1, numDeleted: 1 });
    expect(await contents()).toEqual(["a cat", "a dog", "three cats"]);
    expect(await sync(cats.slice(2), "full")).toEqual({ ...counts, numSkipped: 1, numDeleted: 2 });
    expect(await contents()).toEqual(["a dog"]);
    await target.dispose();
  },
};

describe("LangChain.js", () => {
  it.each(Object.entries(CASES))("%s", (_, run) => run());

  it("has a row for each of these in the documentation", () => {
    expect(rowsOf("LangChain.js")).toEqual(Object.keys(CASES));
  });
});

/** Of record managers LangChain.js itself has the abstract class alone; its others want a database. */
class Records extends RecordManager {
  now = 0;
  readonly #records = new Map<string, { at: number; group: string | null }>();

  async createSchema(): Promise<void> {}

  async getTime(): Promise<number> {
    return this.now;
  }

  async update(keys: string[], { groupIds }: UpdateOptions = {}): Promise<void> {
    keys.forEach((key, i) => {
      this.#records.set(key, { at: this.now, group: groupIds?.[i] ?? this.#records.get(key)?.group ?? null });
    });
  }

  async exists(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.#records.has(key));
  }

  async listKeys({ before, groupIds }: { before?: number; groupIds?: (string | null)[] } = {}): Promise<string[]> {
    return [...this.#records]
      .filter(([, { at }]) => before === undefined || at < before)
      .filter(([, { group }]) => groupIds === undefined || groupIds.includes(group))
      .map(([key]) => key);
  }

  async deleteKeys(keys: string[]): Promise<void> {
    for (const key of keys) this.#records.delete(key);
  }
}
