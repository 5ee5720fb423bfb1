import { randomUUID } from "node:crypto";
import { type BgeError, type Embedder, loadEmbedder, loadReranker, type Reranker } from "@bge-js/core";
import { expandRows, keptRowsOf, splitWindows } from "@bge-js/core/adapter";
import { loadQdrantRetriever, type QdrantRetriever, type QdrantRetrieverOptions } from "@bge-js/qdrant";
import { type AnyDocument, loadRetriever, type Stage } from "@bge-js/retriever";
import { QdrantClient } from "@qdrant/js-client-rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture } from "./support/models.js";
import { type QdrantUnderTest, SERVERS } from "./support/qdrant-servers.js";

const ARTICLES: readonly AnyDocument[] = [
  { id: "panda", text: "The giant panda is a bear that lives on bamboo in the mountains of China.", year: 2001 },
  { id: "koala", text: "The koala, which is no bear, sleeps twenty hours a day in eucalyptus trees.", year: 2002 },
  { id: "e4711", text: "Error E-4711: the paper tray is open. Close it and press the green button.", year: 2003 },
  { id: "e4712", text: "Error E-4712: the toner is empty. Put a new cartridge in.", year: 2004 },
  { id: "train", text: "Small dogs travel free on all our trains; large ones need a ticket and a muzzle.", year: 2005 },
  { id: "tickets", text: "Train tickets are cheaper when they are booked two weeks ahead.", year: 2006 },
  { id: "library", text: "Members may borrow up to ten books for four weeks.", year: 2007 },
  { id: "fines", text: "Whoever brings a book back late pays a fine of twenty cents a day.", year: 2008 },
  { id: "bread", text: "Let the dough rise in a warm place for two hours, then bake it.", year: 2009 },
  { id: "moon", text: "The tides follow the moon, whose pull raises the sea on both sides of the Earth.", year: 2011 },
];
/** Texts of every length, with words in common and each with a mix of its own. */
const NUMBERED: readonly AnyDocument[] = Array.from({ length: 300 }, (_, i) => ({
  id: `n${i}`,
  text: `${"ship ".repeat((i % 7) + 1)}${"sea ".repeat((i % 11) + 1)}harbour ${Array.from({ length: i % 53 }, (_, j) => `word${(i * j) % 91}`).join(" ")}`,
  group: i % 2 === 0 ? "even" : "odd",
}));
const idsOf = ({ results }: { results: readonly { readonly id: string }[] }) => results.map(({ id }) => id);

describe.each(SERVERS)("$name", ({ isHere, start }) => {
  describe.skipIf(!isHere)("@bge-js/qdrant", () => {
    let server: QdrantUnderTest;
    let client: QdrantClient;
    let tiny: Embedder;
    let crossEncoder: Reranker;
    const made: string[] = [];

    beforeAll(async () => {
      server = await start();
      client = new QdrantClient({ url: server.url, checkCompatibility: false });
      tiny = await loadEmbedder(
        { directory: fixture("tiny-bert-cls"), lateInteraction: true },
        { truncation: "silent" },
      );
      crossEncoder = await loadReranker(fixture("tiny-bert-reranker"));
    });
    afterAll(async () => {
      for (const one of made) await client.deleteCollection(one);
      await Promise.all([tiny.dispose(), crossEncoder.dispose(), server[Symbol.asyncDispose]()]);
    });

    const fresh = () => {
      const name = `bge-js-test-${randomUUID()}`;
      made.push(name);
      return name;
    };
    const load = (options: Partial<QdrantRetrieverOptions> = {}): Promise<QdrantRetriever> =>
      loadQdrantRetriever({ client, collection: fresh(), embedder: tiny, reranker: false, ...options });
    const problem = (promise: Promise<unknown>): Promise<BgeError> =>
      promise.then(
        () => expect.fail("nothing was refused"),
        (error) => error,
      );

    test("by default it finds the answer with words, vectors, late interaction and the cross-encoder", async () => {
      await using retriever = await load({ embedder: undefined as never, reranker: undefined as never });
      expect(retriever.stages).toEqual(["lexical", "dense", "lateInteraction", "crossEncoder"]);
      expect(await retriever.add(ARTICLES)).toEqual({ added: 10, replaced: 0, unchanged: 0 });
      for (const [query, id] of [
        ["Can I bring my dog on the train?", "train"],
        ["what does E-4712 mean", "e4712"],
        ["How long may I keep a borrowed book?", "library"],
        ["why does the sea rise and fall", "moon"],
      ]) {
        const { results, skipped, timings } = await retriever.search(query!, { topN: 3 });
        expect(results[0]!.id).toBe(id);
        expect(results[0]!.document).toEqual(ARTICLES.find((one) => one.id === id));
        expect(results).toHaveLength(3);
        expect(Object.keys(results[0]!.scores).sort()).toContain("crossEncoder");
        expect(skipped).toEqual([]);
        expect(Object.keys(timings)).toEqual(["query", "server", "crossEncoder", "total"]);
      }
    });

    test("words: the ranking and the scores of the retriever in memory", async () => {
      await using memory = await loadRetriever({ embedder: tiny, reranker: false, lateInteraction: false });
      await memory.add(NUMBERED);
      await using retriever = await load();
      await retriever.add(NUMBERED);
      for (const query of [
        "the sea and the ship",
        "word3 word5 word5 harbour",
        "ships of word90",
        "word90 of the harbour",
      ]) {
        const options = { stages: ["lexical"] as Stage[], topN: 100 };
        const here = await memory.search(query, options);
        const there = await retriever.search(query, options);
        const scores = here.results.map(({ scores }) => scores.lexical!);
        expect(there.results.map(({ scores }) => scores.lexical)).toEqual(scores.map((one) => expect.closeTo(one, 4)));
        // Scores that differ by less than float32 may come in either order.
        const own = new Map(there.results.map(({ id, scores }) => [id, scores.lexical]));
        const cut = scores.at(-1)! + 1e-4;
        const above = here.results.filter((_, i) => scores.length < 100 || scores[i]! > cut);
        expect(above.length).toBeGreaterThan(50);
        for (const { id, scores } of above) expect(own.get(id)).toBeCloseTo(scores.lexical!, 4);
      }
    });

    test("words and vectors together: the ranking of the retriever in memory", async () => {
      const models = { embedder: await packaged(), lateInteraction: false, reranker: crossEncoder };
      await using memory = await loadRetriever(models);
      await memory.add(ARTICLES);
      await using retriever = await load(models);
      await retriever.add(ARTICLES);
      const queries = [
        "Which animals are bears?",
        "train tickets",
        "book fine of a day",
        "error of the paper tray",
        "x",
      ];
      for (const query of queries) {
        for (const stages of [["dense"], ["lexical", "dense"], ["lexical", "dense", "crossEncoder"]] as Stage[][]) {
          const here = await memory.search(query, { stages, topN: 10 });
          const there = await retriever.search(query, { stages, topN: 10 });
          expect(idsOf(there)).toEqual(idsOf(here));
          for (const [i, { score, scores }] of there.results.entries()) {
            expect(score).toBeCloseTo(here.results[i]!.score, 3);
            for (const stage of stages) expect(scores[stage]).toBeCloseTo(here.results[i]!.scores[stage]!, 3);
          }
        }
      }
    });

    let model: Embedder | undefined;
    const packaged = async () => (model ??= await loadEmbedder());
    afterAll(() => model?.dispose());

    test("late interaction: the mean, over the query's rows, of the best dot product with a kept row", async () => {
      await using retriever = await load({ embedder: await packaged(), lateInteraction: true });
      await retriever.add(ARTICLES);
      const query = "Which animals are bears?";
      const { results } = await retriever.search(query, { stages: ["dense", "lateInteraction"], topN: 10 });
      const { side } = await keptRowsOf(await packaged())!.readQuery(query, {});
      const expected = new Map<string, number>();
      let i = 0;
      for await (const kept of keptRowsOf(await packaged())!.embedStream(
        ARTICLES.map(({ text }) => text),
        {},
      )) {
        const [window] = splitWindows(kept!.rows).windows; // these texts are short
        const { rows } = expandRows(window!.rows);
        expected.set(ARTICLES[i++]!.id, meanOfBest(side.rows, rows));
      }
      for (const { id, scores } of results) expect(scores.lateInteraction).toBeCloseTo(expected.get(id)!, 3);
    });

    function meanOfBest(asked: Float32Array, rows: Float32Array): number {
      let sum = 0;
      for (let q = 0; q < asked.length; q += 384) {
        let best = Number.NEGATIVE_INFINITY;
        for (let r = 0; r < rows.length; r += 384) {
          let dot = 0;
          for (let d = 0; d < 384; d++) dot += asked[q + d]! * rows[r + d]!;
          best = Math.max(best, dot);
        }
        sum += best;
      }
      return sum / (asked.length / 384);
    }

    test("bge-m3: its own weights and multi-vectors, from one pass", async () => {
      await using embedder = await loadEmbedder({ id: "BAAI/bge-m3", directory: fixture("tiny-m3"), dimensions: 32 });
      await using retriever = await load({ embedder });
      expect(retriever.stages).toEqual(["lexical", "dense", "lateInteraction"]);
      await retriever.add(ARTICLES);
      const query = "train ticket";
      const { results } = await retriever.search(query, { topN: 10 });
      const asked = await embedder.embed([query], { inputType: "query", outputs: ["dense", "sparse", "multiVector"] });
      for (const { document, scores } of results) {
        const [text] = await embedder.embed([document.text], { inputType: "document", outputs: ["dense", "sparse"] });
        const weights = new Map(text!.sparse.indices.map((index, i) => [index, text!.sparse.values[i]!]));
        const { indices, values } = asked[0]!.sparse;
        const sum = indices.reduce((total, index, i) => total + (weights.get(index) ?? 0) * values[i]!, 0);
        expect(scores.lexical ?? 0).toBeCloseTo(sum, 3);
        expect(scores.lateInteraction).toBeLessThanOrEqual(1.001);
      }
    });

    test("adding again stores what changed, and nothing else", async () => {
      await using retriever = await load();
      const progress: { added: number; unchanged: number }[] = [];
      await retriever.add(NUMBERED.slice(0, 250));
      const changed = NUMBERED.map((one, i) => (i === 7 ? { ...one, text: "a new text" } : one));
      const onProgress = (now: { added: number; unchanged: number }) => progress.push(now);
      expect(await retriever.add(changed, { onProgress })).toEqual({ added: 51, replaced: 1, unchanged: 249 });
      expect(progress.at(-1)).toEqual({ added: 51, unchanged: 249 });
      expect(await retriever.count()).toBe(300);
      expect((await retriever.search("new text", { stages: ["lexical"] })).results[0]!.document).toEqual(changed[7]);
      expect(await retriever.remove(["n7", "n8", "never there", "n7"])).toBe(2);
      expect(await retriever.count({ filter: { must: [{ key: "group", match: { value: "even" } }] } })).toBe(149);
    });

    test("strings have ids by their texts; the last of the same id counts; nothing of nothing", async () => {
      await using retriever = await load();
      expect(await retriever.add([])).toEqual({ added: 0, replaced: 0, unchanged: 0 });
      expect((await retriever.search("anything")).results).toEqual([]);
      await retriever.add(["red pear", "green plum"]);
      expect(await retriever.add(["green plum", "blue fig"])).toEqual({ added: 1, replaced: 0, unchanged: 1 });
      const twice = Array.from({ length: 300 }, (_, i) => ({ id: "same", text: `text number ${i}` }));
      expect(await retriever.add(twice)).toEqual({ added: 300, replaced: 299, unchanged: 0 });
      expect(await retriever.count()).toBe(4);
      const { results } = await retriever.search("text number 299", { stages: ["lexical"] });
      expect(results[0]!.document).toEqual({ id: "same", text: "text number 299" });
    });

    test("whatever cannot be used is named, all others are stored", async () => {
      await using retriever = await load();
      const circle: Record<string, unknown> = { id: "circle", text: "round" };
      circle["self"] = circle;
      const mixed = [
        { id: "good", text: "pear" },
        { id: "lone", text: "\ud800" },
        { text: "no id" } as AnyDocument,
        null as unknown as AnyDocument,
        "a string",
        circle as AnyDocument,
        { id: "taken", text: "fig", bge_hash: "x" },
        { id: "good too", text: "plum" },
      ];
      const error = await problem(retriever.add(mixed));
      expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "documents", indices: [1, 2, 3, 5, 6] });
      expect(error.message).toContain("3 others were added");
      expect(await retriever.count()).toBe(3);
    });

    test("filters and stages; a query without words finds nothing by words", async () => {
      await using retriever = await load({ lateInteraction: true });
      await retriever.add(NUMBERED);
      const filter = { must: [{ key: "group", match: { value: "odd" } }] };
      const { results } = await retriever.search("sea", { filter, topN: 200 });
      expect(results.length).toBeGreaterThan(90);
      expect(results.every(({ document }) => document["group"] === "odd")).toBe(true);
      expect(results.map(({ score }) => score)).toEqual(results.map(({ score }) => score).sort((a, b) => b - a));
      const late = results.filter(({ scores }) => scores.lateInteraction !== undefined);
      expect(late).toHaveLength(50);
      expect((await retriever.search("the", { stages: ["lexical"] })).results).toEqual([]);
      const dense = await retriever.search("the", { stages: ["dense"], topN: 5 });
      expect(dense.results.map(({ ranks }) => ranks)).toEqual([1, 2, 3, 4, 5].map((dense) => ({ dense })));
    });

    test("the cross-encoder reads the best; a budget ends it and says so", async () => {
      await using retriever = await load({ reranker: crossEncoder, candidates: { crossEncoder: 5 } });
      await retriever.add(NUMBERED.slice(0, 60));
      const { results } = await retriever.search("sea harbour", { topN: 60 });
      const read = results.filter(({ scores }) => scores.crossEncoder !== undefined);
      expect(read).toHaveLength(5);
      const logits = await crossEncoder.score(
        "sea harbour",
        read.map(({ document }) => document.text),
      );
      for (const [i, { scores }] of read.entries()) expect(scores.crossEncoder).toBeCloseTo(logits[i]!, 3);
      const { skipped, results: soon } = await retriever.search("sea harbour", { budgetMs: 0.001 });
      expect(skipped).toEqual([{ stage: "crossEncoder", scored: 0, candidates: 5 }]);
      expect(soon).toHaveLength(10);
    });

    test("a collection of another model or shape is refused before anything is stored", async () => {
      const collection = fresh();
      await using first = await load({ collection, averageWords: 20 });
      await first.add(ARTICLES);
      await using again = await load({ collection });
      expect(await again.add(ARTICLES)).toEqual({ added: 0, replaced: 0, unchanged: 10 });
      await using other = await loadEmbedder({ directory: fixture("tiny-bert-mean"), lateInteraction: true });
      const wrong: [Partial<QdrantRetrieverOptions>, RegExp][] = [
        [{ embedder: other }, /holds the vectors of another model: its id is "tiny-bert-cls", not "tiny-bert-mean"/],
        [{ lateInteraction: true }, /has no vector lateInteraction/],
        [{ averageWords: 21 }, /counts lengths by averageWords 20, not 21/],
        [{ quantization: "int8" }, /has quantization none, not int8/],
        [{ onDisk: true }, /has its dense vectors in memory/],
      ];
      for (const [options, message] of wrong) {
        const error = await problem(load({ collection, ...options }));
        expect(error).toMatchObject({ code: "STORE_MISMATCH", parameter: "collection" });
        expect(error.message).toMatch(message);
      }
      expect(await first.count()).toBe(10);
      const foreign = fresh();
      await client.createCollection(foreign, { vectors: { other: { size: 4, distance: "Cosine" } } });
      expect(await problem(load({ collection: foreign }))).toMatchObject({ code: "STORE_MISMATCH" });
    });

    test("the options of a new collection arrive", async () => {
      await using retriever = await load({
        quantization: "binary",
        onDisk: true,
        lateInteraction: true,
        averageWords: 12.5,
      });
      const { config } = await client.getCollection(retriever.collection);
      expect(config.params.vectors).toMatchObject({
        dense: { on_disk: true, quantization_config: { binary: { always_ram: true } } },
        lateInteraction: { multivector_config: { comparator: "max_sim" }, hnsw_config: { m: 0 } },
      });
      expect(config.metadata).toMatchObject({ "bge-js": { version: 1, averageWords: 12.5 } });
    });

    test("the mean length is fixed by the option, or by the first documents, and then stays", async () => {
      const meanOf = async (collection: string) => {
        const { config } = await client.getCollection(collection);
        return (config.metadata!["bge-js"] as { averageWords?: number }).averageWords;
      };
      const collection = fresh();
      await using plain = await load({ collection });
      expect(await meanOf(collection)).toBeUndefined();
      await using given = await load({ collection, averageWords: 3 });
      expect(await meanOf(collection)).toBe(3);
      await plain.add([{ id: "a", text: "one two three four five six" }]);
      expect(await meanOf(collection)).toBe(3);
      expect(await problem(load({ collection, averageWords: 4 }))).toMatchObject({ code: "STORE_MISMATCH" });
      await using measured = await load();
      await measured.add([
        { id: "a", text: "red pear" },
        { id: "b", text: "green plum, blue plum" },
      ]);
      await measured.add([{ id: "c", text: "one two three four five six seven eight" }]);
      expect(await meanOf(measured.collection)).toBe(3);
      expect(given.collection).toBe(collection);
      const m3 = { embedder: { id: "BAAI/bge-m3", directory: fixture("tiny-m3"), dimensions: 32 } };
      expect(await problem(load({ ...m3, averageWords: 3 }))).toMatchObject({ parameter: "averageWords" });
    });

    test("several calls at once; an abort keeps what was stored; after dispose nothing runs", async () => {
      const retriever = await load();
      const parts = [NUMBERED.slice(0, 100), NUMBERED.slice(50, 150), NUMBERED.slice(100, 200)];
      await Promise.all(parts.map((part) => retriever.add(part)));
      expect(await retriever.count()).toBe(200);
      const end = new AbortController();
      let drawn = 0;
      async function* endless() {
        for (;;) yield { id: `m${drawn}`, text: `text number ${drawn++}` };
      }
      const adding = retriever.add(endless(), {
        signal: end.signal,
        onProgress: ({ added }) => added > 300 && end.abort(new Error("enough")),
      });
      await expect(adding).rejects.toThrow("enough");
      expect(await retriever.count()).toBeGreaterThan(500);
      expect(drawn).toBeLessThan(8000);
      const aborted = AbortSignal.abort(new Error("no more"));
      await expect(retriever.search("x", { signal: aborted })).rejects.toThrow("no more");
      const last = retriever.add(NUMBERED);
      await retriever.dispose();
      await retriever.dispose();
      await expect(last).rejects.toMatchObject({ code: "DISPOSED" });
      for (const call of [() => retriever.search("x"), () => retriever.count(), () => retriever.remove(["x"])]) {
        await expect(call()).rejects.toMatchObject({ code: "DISPOSED" });
      }
      // A shared model goes on.
      expect(await tiny.embedQuery("x")).toHaveLength(tiny.dimensions);
    });

    test("bad options and arguments are named", async () => {
      const refusals: [string, object][] = [
        ["client", { client: {} }],
        ["client", { client: undefined }],
        ["collection", { collection: "" }],
        ["quantization", { quantization: "int4" }],
        ["onDisk", { onDisk: 1 }],
        ["averageWords", { averageWords: 0 }],
        ["lateInteraction", { lateInteraction: "yes" }],
        ["candidates", { candidates: { dense: 0 } }],
        ["weights", { weights: { dense: -1 } }],
        ["embedder", { embedder: Promise.resolve(tiny) }],
        ["directory", { directory: "x" }],
        ["lateInteraction", { embedder: { ...tiny }, lateInteraction: true }],
      ];
      for (const [parameter, options] of refusals) {
        expect(await problem(load(options))).toMatchObject({ code: "INVALID_OPTION", parameter });
      }
      await using late = await loadReranker({ directory: fixture("tiny-bert-cls"), lateInteraction: true });
      expect(await problem(load({ reranker: late }))).toMatchObject({ code: "INVALID_OPTION", parameter: "reranker" });
      await using retriever = await load();
      const bad: [string, () => Promise<unknown>][] = [
        ["documents", () => retriever.add("text" as never)],
        ["ids", () => retriever.remove("id")],
        ["ids", () => retriever.remove([1] as never)],
        ["query", () => retriever.search(" ")],
        ["topN", () => retriever.search("x", { topN: 0 })],
        ["filter", () => retriever.search("x", { filter: (() => true) as never })],
        ["stages", () => retriever.search("x", { stages: ["crossEncoder"] })],
        ["budgetMs", () => retriever.search("x", { budgetMs: -1 })],
        ["signal", () => retriever.search("x", { signal: {} as never })],
        ["onProgress", () => retriever.add([], { onProgress: 1 as never })],
        ["filter", () => retriever.count({ filter: [] as never })],
      ];
      for (const [parameter, call] of bad) expect(await problem(call())).toMatchObject({ parameter });
    });
  });
});
