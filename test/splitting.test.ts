import { readFileSync } from "node:fs";
import {
  createTokenCounter,
  type Embedder,
  loadEmbedder,
  loadReranker,
  type ModelReference,
  splitText,
  type TextFormat,
} from "@bge-js/core";
import { BgeTextSplitter as LangChainSplitter } from "@bge-js/langchain/splitter";
import { BgeTextSplitter as LlamaIndexSplitter } from "@bge-js/llamaindex";
import { Document as LangChainDocument } from "@langchain/core/documents";
import { MetadataMode } from "@llamaindex/core/schema";
import fc from "fast-check";
import { Document } from "llamaindex";
import { describe, expect, expectTypeOf, it, test } from "vitest";
import { TINY_EMBEDDER, TINY_RERANKER } from "./support/adapters/contract.js";
import { fixture } from "./support/models.js";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const README = read("packages/core/README.md");
const load = { workers: 1, threads: 1 } as const;

describe("the counter of a model", () => {
  const models: readonly (string | ModelReference)[] = [
    TINY_EMBEDDER,
    fixture("tiny-xlmr-cls"),
    fixture("tiny-code"),
    { directory: TINY_EMBEDDER, documentInstruction: "Represent this passage for retrieval: " },
  ];
  const line = fc.oneof(
    fc.constantFrom("# Title", "", "", "```", "| a | b |", "| - | - |", "- item", "unbelievable", "don't.", "日本語。"),
    fc.constantFrom("function f() {", "  return 1;", "}", "x".repeat(300), "🙂".repeat(60), "كتاب ".repeat(40)),
    fc.string({ maxLength: 60, unit: "grapheme" }),
  );
  const text = fc.array(line, { maxLength: 60 }).map((lines) => lines.join("\n").toWellFormed());

  it.each(models)("splits for %o any text into chunks that it reads whole", async (model) => {
    await using embedder = await loadEmbedder(model, { ...load, maxTokens: 40, queryInstruction: false });
    const counters = [createTokenCounter(embedder), createTokenCounter(model, { maxTokens: 40 })];
    expect(counters[0]!.maxTokens).toBe(counters[1]!.maxTokens);
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom<TextFormat>("text", "markdown", "code"), async (text, format) => {
        const [chunks, others] = counters.map((counter) => splitText(text, { ...counter, overlapTokens: 5, format }));
        expect(others).toEqual(chunks);
        const tokens = await embedder.countTokens(chunks!.map((chunk) => chunk.text));
        const around = 40 - counters[0]!.maxTokens;
        expect(tokens).toEqual(chunks!.map((chunk) => chunk.tokens + around));
        expect(Math.max(0, ...tokens)).toBeLessThanOrEqual(40);
      }),
      { numRuns: 30 },
    );
  });

  it("is the embedded model's by default, and refuses rerankers, servers, and models that are not here", async () => {
    const { countTokens, maxTokens } = createTokenCounter();
    expect([countTokens("A bear swims."), countTokens(""), maxTokens]).toEqual([5, 0, 510]);
    const refused = (code: string, parameter?: string) =>
      expect.objectContaining({ name: "BgeError", code, parameter });
    expect(() => createTokenCounter(TINY_RERANKER)).toThrow(refused("MODEL_MISMATCH", "model"));
    expect(() => createTokenCounter("./no-such-folder")).toThrow(expect.objectContaining({ code: "MODEL_NOT_FOUND" }));
    for (const maxTokens of [513, 0, 1.5]) {
      expect(() => createTokenCounter(undefined, { maxTokens })).toThrow(refused("INVALID_OPTION", "maxTokens"));
    }
    const served = { url: "http://127.0.0.1:1", api: "tei" } as unknown as string;
    expect(() => createTokenCounter(served)).toThrow(refused("INVALID_OPTION", "model"));
    await using reranker = await loadReranker(TINY_RERANKER, load);
    expect(() => createTokenCounter(reranker as unknown as Embedder)).toThrow(refused("MODEL_MISMATCH", "model"));
  });
});

test("a real page and a real program are divided at their headings and declarations", () => {
  const counter = { ...createTokenCounter(), maxTokens: 400 };
  const page = splitText(README, { ...counter, format: "markdown" });
  expect(page.length).toBeGreaterThan(3);
  for (const { text, headings } of page.slice(1)) {
    expect(headings[0]).toBe("@bge-js/core");
    expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
  }
  const program = read("packages/core/src/text/split.ts");
  for (const { text } of splitText(program, { ...counter, format: "code" }).slice(1)) {
    expect(text).toMatch(/^(\/\*\*|\w|\s)/);
    expect(text.split("\n")[0]).not.toMatch(/^\s*[})]/);
  }
});

test("a block of very many lines under a heading", () => {
  const list = Array.from({ length: 150_000 }, (_, i) => `- ${i % 10}`).join("\n");
  const countTokens = (text: string) => text.split(/\s+/).length;
  const chunks = splitText(`# Log\n\n${list}`, { maxTokens: 200, countTokens, format: "markdown" });
  expect(chunks.at(-1)!.end).toBe(list.length + 7);
  expect(chunks.every(({ tokens }) => tokens <= 200)).toBe(true);
});

describe("LangChain's splitter", () => {
  it("makes documents that say where they stand", async () => {
    const splitter = new LangChainSplitter({ chunkSize: 100 });
    const made = await splitter.splitDocuments([
      new LangChainDocument({ pageContent: README, metadata: { file: "a" } }),
    ]);
    const lines = README.split("\n");
    expect(made.length).toBeGreaterThan(5);
    for (const { pageContent, metadata } of made) {
      const { from, to } = metadata["loc"].lines;
      expect(metadata["file"]).toBe("a");
      expect(lines.slice(from - 1, to).join("\n")).toContain(pageContent);
    }
    expect(made.some(({ metadata }) => metadata["headings"] === "@bge-js/core")).toBe(true);
    expect(made.map(({ pageContent }) => pageContent)).toEqual(await splitter.splitText(README));
  });

  it("counts headers as parts of a chunk, and follows the lines of chunks that overlap", async () => {
    const splitter = new LangChainSplitter({ model: TINY_EMBEDDER, chunkSize: 30, chunkOverlap: 8, format: "text" });
    const text = Array.from({ length: 40 }, (_, i) => `Line ${i} of a text.`).join("\n");
    const header = { chunkHeader: "FILE a\n", appendChunkOverlapHeader: true };
    const made = await splitter.createDocuments([text, ""], [{ loc: { page: 1 } }], header);
    const chunkHeader = "a title ".repeat(20);
    await expect(splitter.createDocuments([text], [], { chunkHeader })).rejects.toMatchObject({
      parameter: "chunkHeader",
    });
    const half = new LangChainSplitter({ model: TINY_EMBEDDER, chunkSize: 30, chunkOverlap: 15, format: "text" });
    expect((await half.createDocuments([text], [], { chunkHeader: "Title\n" })).length).toBeGreaterThan(1);
    const { countTokens } = createTokenCounter(TINY_EMBEDDER);
    let before = 0;
    for (const [i, { pageContent, metadata }] of made.entries()) {
      expect(countTokens(pageContent)).toBeLessThanOrEqual(30);
      expect(pageContent.startsWith(i === 0 ? "FILE a\nLine" : "FILE a\n(cont'd) ")).toBe(true);
      const { lines, page } = metadata["loc"];
      expect(page).toBe(1);
      expect(pageContent).toContain(`Line ${lines.to - 1} of`);
      if (i > 0) expect(lines.from).toBeLessThanOrEqual(before + 1);
      before = lines.to;
    }
    expect(before).toBe(40);
  });

  it("refuses what the model does not read, at once", () => {
    const refused = (parameter: string) => expect.objectContaining({ name: "BgeError", parameter });
    expect(new LangChainSplitter({ maxTokens: 100 }).chunkSize).toBe(98);
    expect(() => new LangChainSplitter({ chunkSize: 511 })).toThrow(refused("chunkSize"));
    expect(() => new LangChainSplitter({ chunkSize: 100, chunkOverlap: 60 })).toThrow(refused("overlapTokens"));
    expect(() => new LangChainSplitter({ format: "html" as TextFormat })).toThrow(refused("format"));
    expectTypeOf(new LangChainSplitter().splitText).returns.resolves.toEqualTypeOf<string[]>();
  });
});

describe("LlamaIndex's node parser", () => {
  it("makes nodes that the model reads whole with their metadata", async () => {
    await using embedder = await loadEmbedder();
    const splitter = new LlamaIndexSplitter({ model: embedder, chunkSize: 120, chunkOverlap: 20 });
    const metadata = { file: "packages/core/README.md", title: "What core does" };
    const nodes = splitter.getNodesFromDocuments([new Document({ text: README, metadata })]);
    expect(nodes.length).toBeGreaterThan(5);
    for (const node of nodes) expect(README).toContain(node.getContent(MetadataMode.NONE));
    const lengths = await embedder.countTokens(nodes.map((node) => node.getContent(MetadataMode.EMBED)));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(122);
  });

  it("refuses what the model does not read, and metadata that leave no room", () => {
    const refused = (parameter: string) => expect.objectContaining({ name: "BgeError", parameter });
    expect(() => new LlamaIndexSplitter({ chunkSize: 511 })).toThrow(refused("chunkSize"));
    expect(() => new LlamaIndexSplitter({ chunkSize: 100, chunkOverlap: 60 })).toThrow(refused("overlapTokens"));
    expect(() => new LlamaIndexSplitter({ chunkSize: 20 }).splitTextMetadataAware("text", "word ".repeat(30))).toThrow(
      refused("metadata"),
    );
  });
});
