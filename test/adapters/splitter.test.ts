import { readFileSync } from "node:fs";
import { type Embedder, loadEmbedder, loadReranker, type ModelReference } from "@bge-js/core";
import { BgeEmbedding, BgeSentenceSplitter } from "@bge-js/llamaindex";
import fc from "fast-check";
import { Document, IngestionPipeline, MetadataMode, SentenceSplitter, Settings } from "llamaindex";
import { describe, expect, it } from "vitest";
import { TINY_EMBEDDER, TINY_RERANKER } from "../support/adapters/contract.js";
import { fixture } from "../support/models.js";

const README = readFileSync(new URL("../../packages/core/README.md", import.meta.url), "utf8");
const metadata = { file: "packages/core/README.md", title: "What core does" };
const document = () => new Document({ text: README, metadata });
const load = { workers: 1, threads: 1 } as const;
const texts = (nodes: readonly Document[]) => nodes.map((node) => node.getContent(MetadataMode.EMBED));

describe("BgeSentenceSplitter", () => {
  it("makes nodes that the model reads whole with their metadata, which LlamaIndex's default does not", async () => {
    await using embedder = await loadEmbedder();
    const lengths = async (parser: SentenceSplitter) =>
      embedder.countTokens(texts(parser.getNodesFromDocuments([document()])));
    const splitter = new BgeSentenceSplitter();
    expect([splitter.chunkSize, splitter.chunkOverlap]).toEqual([446, 63]);
    const ours = await lengths(splitter);
    expect(Math.max(...ours)).toBeLessThanOrEqual(512);
    expect(Math.max(...ours)).toBeGreaterThan(400); // and no shorter than they need be
    expect(Math.max(...(await lengths(new SentenceSplitter())))).toBeGreaterThan(512);
  });

  it("loses nothing but space, and cuts no character", () => {
    const without = (text: string) => text.replace(/\s/g, "");
    const emoji = "🙂".repeat(300) + "a".repeat(500) + "🙂,..;".repeat(100);
    for (const text of [README, emoji, `a${emoji}`]) {
      const splitter = new BgeSentenceSplitter({ chunkSize: 128, chunkOverlap: 0 });
      const chunks = splitter.splitText(text);
      expect(chunks.length).toBeGreaterThan(1);
      expect(chunks.map(without).join("") === without(text)).toBe(true);
      for (const chunk of new BgeSentenceSplitter({ chunkSize: 128, chunkOverlap: 15 }).splitText(text)) {
        expect(chunk.isWellFormed()).toBe(true);
        expect(text).toContain(chunk);
      }
    }
  });

  const models: readonly (string | ModelReference)[] = [
    TINY_EMBEDDER,
    fixture("tiny-xlmr-cls"),
    fixture("tiny-code"),
    { directory: TINY_EMBEDDER, documentInstruction: "Represent this passage for retrieval: " },
  ];
  it.each(models)("keeps within what %o reads, whatever the text", async (model) => {
    await using embedder = await loadEmbedder(model, {
      ...load,
      maxTokens: 90,
      truncation: "error",
      queryInstruction: false,
    });
    for (const splitter of [
      new BgeSentenceSplitter({ model: embedder }),
      new BgeSentenceSplitter({ model, maxTokens: 90 }),
      new BgeSentenceSplitter({ model: embedder, chunkSize: 55, chunkOverlap: 3 }),
    ]) {
      const words = fc.oneof(
        fc.constantFrom(
          "the",
          "unbelievable",
          "E-4712",
          "don't",
          "e.g.",
          "日本語",
          "كتاب",
          "🙂",
          "...",
          "\n\n\n",
          "\n",
        ),
        fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(words, { maxLength: 120 }), fc.constantFrom(" ", ". ", ""), async (list, by) => {
          const text = list.join(by).toWellFormed();
          const nodes = splitter.getNodesFromDocuments([new Document({ text, metadata: { n: 1 } })]);
          await embedder.embedDocuments(texts(nodes)); // rejects for a text that is too long
        }),
        { numRuns: 40 },
      );
    }
  });

  it("goes where LlamaIndex takes a node parser", async () => {
    await using embedding = new BgeEmbedding({ model: TINY_EMBEDDER, ...load });
    const splitter = new BgeSentenceSplitter({ model: TINY_EMBEDDER });
    Settings.nodeParser = splitter;
    expect(Settings.nodeParser.getNodesFromDocuments([document()])).toHaveLength(
      splitter.getNodesFromDocuments([document()]).length,
    );
    const pipeline = new IngestionPipeline({ transformations: [splitter, embedding] });
    const nodes = await pipeline.run({ documents: [document()] });
    expect(nodes.length).toBeGreaterThan(1);
    expect(nodes.every((node) => node.embedding?.length === 48)).toBe(true);
  });

  it("takes the size and the overlap that are wanted, and refuses more than the model reads", async () => {
    const sizes = (fields: { chunkSize?: number; chunkOverlap?: number }) => {
      const { chunkSize, chunkOverlap } = new BgeSentenceSplitter(fields);
      return [chunkSize, chunkOverlap];
    };
    expect(sizes({ chunkSize: 256 })).toEqual([256, 32]);
    expect(sizes({ chunkSize: 509 })).toEqual([509, 0]);
    expect(sizes({ chunkOverlap: 0 })).toEqual([509, 0]);
    expect(sizes({ chunkSize: 409, chunkOverlap: 100 })).toEqual([409, 100]);
    const refused = (code: string, parameter: string) => expect.objectContaining({ name: "BgeError", code, parameter });
    const tooMuch = refused("INVALID_OPTION", "chunkSize");
    for (const fields of [{ chunkSize: 510 }, { chunkSize: 1024 }, { chunkSize: 410, chunkOverlap: 100 }]) {
      expect(() => sizes(fields)).toThrow(tooMuch);
    }
    expect(() => sizes({ chunkSize: "256" as unknown as number })).toThrow(tooMuch);
    expect(() => new BgeSentenceSplitter({ model: TINY_RERANKER })).toThrow(refused("MODEL_MISMATCH", "model"));
    expect(() => new BgeSentenceSplitter({ model: "./no-such-folder" })).toThrow(
      expect.objectContaining({ code: "MODEL_NOT_FOUND" }),
    );
    for (const maxTokens of [513, 2, 0, 1.5, "64" as unknown as number]) {
      expect(() => new BgeSentenceSplitter({ maxTokens })).toThrow(refused("INVALID_OPTION", "maxTokens"));
    }
    await using reranker = await loadReranker(TINY_RERANKER, load);
    expect(() => new BgeSentenceSplitter({ model: reranker as unknown as Embedder })).toThrow(
      refused("MODEL_MISMATCH", "model"),
    );
  });
});
