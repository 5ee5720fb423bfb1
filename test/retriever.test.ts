// The built package: a worker cannot start from TypeScript.
import { setTimeout } from "node:timers/promises";
import { BgeError, type Embedder, loadEmbedder, loadReranker, onEvent, type Reranker } from "@bge-js/core";
import {
  type FailedDocument,
  loadRetriever,
  type Retriever,
  type RetrieverDocument,
  type RetrieverOptions,
} from "@bge-js/retriever";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lateScores } from "./support/late-scores.js";
import { fixture } from "./support/models.js";
import { start } from "./support/programs.js";

type Article = RetrieverDocument & { readonly year?: number };

const ARTICLES: readonly Article[] = [
  { id: "panda", text: "The giant panda is a bear that lives on bamboo in the mountains of China.", year: 2001 },
  { id: "koala", text: "The koala, which is no bear, sleeps twenty hours a day in eucalyptus trees.", year: 2002 },
  { id: "e4711", text: "Error E-4711: the paper tray is open. Close it and press the green button.", year: 2003 },
  { id: "e4712", text: "Error E-4712: the toner is empty. Put a new cartridge in.", year: 2004 },
  { id: "train", text: "Small dogs travel free on all our trains; large ones need a ticket and a muzzle.", year: 2005 },
  { id: "tickets", text: "Train tickets are cheaper when they are booked two weeks ahead.", year: 2006 },
  { id: "library", text: "Members may borrow up to ten books for four weeks.", year: 2007 },
  { id: "fines", text: "Whoever brings a book back late pays a fine of twenty cents a day.", year: 2008 },
  {
    id: "bread",
    text: "Let the dough rise in a warm place for two hours, then bake it until the crust is brown.",
    year: 2009,
  },
  { id: "soup", text: "Boil the lentils with carrots and cumin, and add a little vinegar at the end.", year: 2010 },
  { id: "moon", text: "The tides follow the moon, whose pull raises the sea on both sides of the Earth.", year: 2011 },
  { id: "借书", text: "持证读者一次最多可借十本书，借期四周，可以续借一次。", year: 2012 },
];
const idsOf = ({ results }: { results: readonly { readonly id: string }[] }) => results.map(({ id }) => id);

test("searches by words and vectors, reads the best again, and leaves out what is not wanted", async () => {
  await using usual = await loadRetriever();
  expect(usual.stages).toEqual(["lexical", "dense", "lateInteraction", "crossEncoder"]);
  await using quick = await loadRetriever({ lateInteraction: false });
  expect(quick.stages).toEqual(["lexical", "dense", "crossEncoder"]);
  await using plain = await loadRetriever({ reranker: false, lateInteraction: false });
  expect(plain.stages).toEqual(["lexical", "dense"]);
  await using chinese = await loadRetriever({ embedder: "BAAI/bge-small-zh-v1.5" });
  expect(chinese.stages).toEqual(["lexical", "dense"]);
});

test("our cross-encoder, which was evaluated, counts 0.75", async () => {
  await using embedder = await loadEmbedder();
  await using reranker = await loadReranker("bge-js/reranker-small-en");
  const scoresBy = async (options: RetrieverOptions) => {
    await using retriever = await loadRetriever<Article>({ embedder, reranker, ...options });
    await retriever.add(ARTICLES);
    return (await retriever.search("animal that eats bamboo")).results.map(({ score }) => score.toFixed(3));
  };
  const given = await scoresBy({});
  expect(given).toEqual(await scoresBy({ weights: { crossEncoder: 0.75 } }));
  expect(given).not.toEqual(await scoresBy({ weights: { crossEncoder: 1 } }));
});

describe("with the embedded model", () => {
  let retriever: Retriever<Article>;
  beforeAll(async () => {
    retriever = await loadRetriever<Article>({ lateInteraction: true, reranker: false });
    expect(await retriever.add(ARTICLES)).toEqual({ added: 12, replaced: 0, unchanged: 0 });
  });
  afterAll(() => retriever.dispose());

  test.each([
    ["Can I bring my dog on the train?", "train"],
    ["what does E-4712 mean", "e4712"],
    ["animal that eats bamboo", "panda"],
    ["How long may I keep a borrowed book?", "library"],
    ["why does the sea rise and fall", "moon"],
    ["可以借几本书", "借书"],
  ])("%j: the best answer comes first", async (query, id) => {
    const { results, skipped, timings } = await retriever.search(query, { topN: 3 });
    expect(results[0]!.id).toBe(id);
    expect(results).toHaveLength(3);
    expect(results.map(({ score }) => score)).toEqual(results.map(({ score }) => score).sort((a, b) => b - a));
    expect(skipped).toEqual([]);
    expect(Object.keys(timings).sort()).toEqual(["dense", "lateInteraction", "lexical", "total"]);
  });

  test("each stage's scores are those of the stage alone", async () => {
    const query = "Which animals are bears?";
    const { results } = await retriever.search(query, { topN: 12 });
    expect(results).toHaveLength(12);
    await using embedder = await loadEmbedder();
    const texts = results.map(({ document }) => document.text);
    const asked = await embedder.embedQuery(query);
    const vectors = await embedder.embedDocuments(texts);
    const late = await lateScores(query, texts);
    for (const [i, { scores }] of results.entries()) {
      expect(scores.dense).toBeCloseTo(
        vectors[i]!.reduce((sum, value, d) => sum + value * asked[d]!, 0),
        5,
      );
      // Kept rows are compressed, which short texts feel the most.
      expect(Math.abs(scores.lateInteraction! - late[i]!)).toBeLessThan(0.05);
    }
    expect(results.find(({ id }) => id === "soup")!.scores.lexical).toBe(0);
    const byRank = results.toSorted((a, b) => a.ranks.dense! - b.ranks.dense!);
    expect(byRank.map(({ ranks }) => ranks.dense)).toEqual(results.map((_, i) => i + 1));
    expect(byRank[0]!.scores.dense).toBe(Math.max(...results.map(({ scores }) => scores.dense!)));
  });

  test("stages can be left out; words alone find nothing without the words", async () => {
    const words = await retriever.search("E-4711", { stages: ["lexical"] });
    expect(idsOf(words)).toEqual(["e4711", "e4712"]);
    expect(Object.keys(words.results[0]!.scores)).toEqual(["lexical"]);
    expect((await retriever.search("zebra crossing", { stages: ["lexical"] })).results).toEqual([]);
    const dense = await retriever.search("bears", { stages: ["dense"], topN: 1 });
    expect(idsOf(dense)).toEqual(["panda"]);
    expect(Object.keys(dense.timings).sort()).toEqual(["dense", "total"]);
  });

  test("a filter is asked before the best are taken", async () => {
    const found = await retriever.search("bears", { filter: ({ year = 0 }) => year > 2009 });
    expect(idsOf(found).sort()).toEqual(["moon", "soup", "借书"]);
    const filter = () => {
      throw new Error("no filter");
    };
    await expect(retriever.search("bears", { filter })).rejects.toThrow("no filter");
  });

  test("further fields come back, and what the caller changes later does not count", async () => {
    const article = { id: "new", text: "Volcanoes throw ash into the air.", year: 1, text2: "kept" };
    await retriever.add([article]);
    article.text = "changed";
    const { results } = await retriever.search("volcano ash", { topN: 1 });
    expect(results[0]!.document).toEqual({
      id: "new",
      text: "Volcanoes throw ash into the air.",
      year: 1,
      text2: "kept",
    });
    expect(await retriever.remove(["new", "never there"])).toBe(1);
    expect(retriever.size).toBe(12);
    expect(idsOf(await retriever.search("volcano ash", { topN: 12 }))).not.toContain("new");
  });

  test("a budget that is too small leaves stages out and says so", async () => {
    // Until here the stages' costs are known.
    const { results, skipped } = await retriever.search("Which animals are bears?", { budgetMs: 0.001 });
    expect(results[0]!.scores.lexical).toBeGreaterThan(0);
    expect(Object.keys(results[0]!.scores)).toEqual(["lexical"]);
    expect(skipped).toEqual([
      { stage: "dense", scored: 0, candidates: 12 },
      { stage: "lateInteraction", scored: 0, candidates: results.length },
    ]);
    const enough = await retriever.search("Which animals are bears?", { budgetMs: 60_000 });
    expect(enough.skipped).toEqual([]);
  });
});

describe("with tiny models", () => {
  let embedder: Embedder;
  let crossEncoder: Reranker;
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: `n${i}`, text: `text number ${i}` }));
  const load = () => loadRetriever<Article>({ embedder, reranker: false });
  beforeAll(async () => {
    embedder = await loadEmbedder(fixture("tiny-bert-cls"), { truncation: "silent" });
    crossEncoder = await loadReranker(fixture("tiny-bert-reranker"));
  });
  afterAll(() => Promise.all([embedder.dispose(), crossEncoder.dispose()]));

  test("a cross-encoder that was not evaluated counts 1.5", async () => {
    const scoresBy = async (options: RetrieverOptions) => {
      await using retriever = await loadRetriever({ embedder, reranker: crossEncoder, ...options });
      await retriever.add(numbered(20));
      return (await retriever.search("number 7")).results.map(({ score }) => score.toFixed(3));
    };
    const given = await scoresBy({});
    expect(given).toEqual(await scoresBy({ weights: { crossEncoder: 1.5 } }));
    expect(given).not.toEqual(await scoresBy({ weights: { crossEncoder: 1 } }));
  });

  test("a cross-encoder reads the best candidates last", async () => {
    await using retriever = await loadRetriever({ embedder, reranker: crossEncoder, candidates: { crossEncoder: 5 } });
    expect(retriever.stages).toEqual(["lexical", "dense", "crossEncoder"]);
    await retriever.add(numbered(40));
    const { results, skipped } = await retriever.search("number 7", { topN: 40 });
    const read = results.filter(({ scores }) => scores.crossEncoder !== undefined);
    expect(read).toHaveLength(5);
    expect(skipped).toEqual([]);
    const logits = await crossEncoder.score(
      "number 7",
      read.map(({ document }) => document.text),
    );
    for (const [i, { scores }] of read.entries()) expect(scores.crossEncoder).toBeCloseTo(logits[i]!, 4);
  });

  test("documents of the same id take each other's place, in one call too", async () => {
    await using retriever = await load();
    const twice = [
      { id: "a", text: "red pear" },
      { id: "a", text: "green plum" },
    ];
    expect(await retriever.add(twice)).toEqual({ added: 2, replaced: 1, unchanged: 0 });
    expect(retriever.size).toBe(1);
    expect(await retriever.add([{ id: "a", text: "blue fig" }])).toEqual({ added: 1, replaced: 1, unchanged: 0 });
    const { results } = await retriever.search("fig");
    expect(results.map(({ document }) => document)).toEqual([{ id: "a", text: "blue fig" }]);
  });

  test("strings get running numbers that are free", async () => {
    await using retriever = await load();
    await retriever.add([{ id: "#1", text: "taken" }]);
    await retriever.add(["first", "second"]);
    const { results } = await retriever.search("first second taken");
    expect(results.map(({ document }) => [document.id, document.text]).sort()).toEqual([
      ["#0", "first"],
      ["#1", "taken"],
      ["#2", "second"],
    ]);
  });

  test("whatever cannot be used is named, all others are added", async () => {
    await using retriever = await load();
    const lone = "\ud800";
    const mixed = [
      { id: "good", text: "pear" },
      { id: "lone", text: lone },
      { text: "no id" } as Article,
      null as unknown as Article,
      "a string",
      { id: "number", text: 7 as unknown as string },
      { id: "good too", text: "plum" },
    ];
    const failed: FailedDocument[] = [];
    const error = await retriever.add(mixed, { onFailed: (one) => failed.push(one) }).catch((error) => error);
    expect(error).toBeInstanceOf(BgeError);
    expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "documents", index: 1, indices: [1, 2, 3, 5] });
    const reasons = new Map(failed.map(({ index, id, error: { message } }) => [index, `${id}: ${message}`]));
    expect([1, 2, 3, 5].map((index) => reasons.get(index))).toEqual([
      expect.stringMatching(/^lone: .*lone surrogate(?!.*input index)/),
      expect.stringMatching(/^undefined: .*needs an id/),
      expect.stringMatching(/^undefined: .*must be an object/),
      expect.stringMatching(/^number: .*needs a text/),
    ]);
    expect(error.message).toMatch(/index 1 \(id "lone"\), 2, 3, 5 \(id "number"\)\. .*3 others were added/s);
    expect(retriever.size).toBe(3);
  });

  test("a source is drawn only as fast as it is embedded; an abort keeps what was added", async () => {
    await using retriever = await load();
    const end = new AbortController();
    let drawn = 0;
    async function* endless() {
      for (;;) yield { id: `n${drawn}`, text: `text number ${drawn++}` };
    }
    const adding = retriever.add(endless(), {
      signal: end.signal,
      onProgress: ({ added }) => added === 300 && end.abort(new Error("enough")),
    });
    await expect(adding).rejects.toThrow("enough");
    expect(retriever.size).toBeGreaterThanOrEqual(300);
    expect(drawn).toBeLessThan(3000);
    expect((await retriever.search("text number 5", { topN: 1 })).results).toHaveLength(1);
  });

  test("an error of the source comes through, behind what came before it", async () => {
    await using retriever = await load();
    function* broken() {
      yield* numbered(3);
      throw new Error("disk gone");
    }
    await expect(retriever.add(broken())).rejects.toThrow("disk gone");
    expect(retriever.size).toBe(3);
  });

  test("the event loop has its turns while words are counted", async () => {
    const atOnce: Embedder = {
      ...embedder,
      // The overloads differ in what they yield; here it is vectors.
      embedStream: async function* (texts: AsyncIterable<string>) {
        for await (const _ of texts) yield new Float32Array(embedder.dimensions);
      } as unknown as Embedder["embedStream"],
    };
    await using retriever = await loadRetriever({ embedder: atOnce, reranker: false });
    let turns = 0;
    let adding = true;
    setImmediate(function turn() {
      turns++;
      if (adding) setImmediate(turn);
    });
    await retriever.add(Array.from({ length: 50 }, (_, i) => ({ id: `n${i}`, text: "word ".repeat(2100) })));
    adding = false;
    expect(turns).toBeGreaterThan(20);
  });

  test("two may add at once, and search meanwhile", async () => {
    await using retriever = await load();
    const first = retriever.add(numbered(300));
    const second = retriever.add(numbered(300).map(({ text }, i) => ({ id: `m${i}`, text })));
    await retriever.search("text");
    await Promise.all([first, second]);
    expect(retriever.size).toBe(600);
  });

  test("a filter that gives neither true nor false finds nothing", async () => {
    await using retriever = await load();
    await retriever.add(numbered(3));
    // biome-ignore lint/suspicious/noThenProperty: a promise of a library
    const thenable = { then: () => {} };
    const given: unknown[] = [undefined, null, 1, 0, "yes", {}, Promise.resolve(true), thenable];
    for (const answer of given) {
      for (const stages of [["lexical"], ["dense"], undefined] as const) {
        const search = retriever.search("text", { filter: () => answer as boolean, ...(stages && { stages }) });
        await expect(search).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "filter" });
      }
    }
    const rejecting = (async () => {
      throw new Error("no database");
    }) as unknown as () => boolean;
    // Its promise rejects, too, which must not end the process.
    await expect(retriever.search("text", { filter: rejecting })).rejects.toThrow(/filter must return.* not a promise/);
    expect((await retriever.search("text", { filter: ({ id }) => id === "n1" })).results).toHaveLength(1);
  });

  test("what a filter throws comes out of the search as it is, and the retriever goes on", async () => {
    await using retriever = await load();
    await retriever.add(numbered(3));
    const thrown = new Error("mine");
    const search = retriever.search("text", {
      filter: () => {
        throw thrown;
      },
    });
    await expect(search).rejects.toBe(thrown);
    expect((await retriever.search("text")).results).toHaveLength(3);
  });

  test("a filter may take documents out, which are not found then", async () => {
    await using retriever = await load();
    await retriever.add(numbered(3));
    const filter = ({ id }: Article) => {
      void retriever.remove([id]);
      return true;
    };
    expect((await retriever.search("text", { filter })).results).toEqual([]);
    expect(retriever.size).toBe(0);
  });

  test("what onFailed throws ends the adding", async () => {
    await using retriever = await load();
    const onFailed = () => {
      throw new Error("strict");
    };
    await expect(retriever.add([{ id: "", text: "no id" }], { onFailed })).rejects.toThrow("strict");
    await expect(retriever.add([{ id: "a", text: "\ud800" }], { onFailed })).rejects.toThrow("strict");
    expect(await retriever.add([{ id: "a", text: "pear" }])).toMatchObject({ added: 1 });
  });

  test("what onProgress throws ends the adding; what was added stays", async () => {
    await using retriever = await load();
    const thrown = new Error("mine");
    const adding = retriever.add(numbered(3), {
      onProgress: () => {
        throw thrown;
      },
    });
    await expect(adding).rejects.toBe(thrown);
    expect(retriever.size).toBe(1);
  });

  test("ids that are no strings are named, and nothing is removed", async () => {
    await using retriever = await load();
    await retriever.add(numbered(3));
    const ids = ["n0", 1, Promise.resolve("n2")] as unknown as string[];
    await expect(retriever.remove(ids)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      parameter: "ids",
      indices: [1, 2],
    });
    expect(retriever.size).toBe(3);
  });

  test.each([
    ["too few", () => [1]],
    ["NaN", (texts: readonly string[]) => texts.map(() => Number.NaN)],
    ["nothing", () => undefined],
  ])("scores of a reranker of the caller's own: %s", async (_, scores) => {
    const own = { ...crossEncoder, score: async (_: string, texts: string[]) => scores(texts) } as unknown as Reranker;
    await using retriever = await loadRetriever({ embedder, reranker: own });
    await retriever.add(numbered(3));
    await expect(retriever.search("text")).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "reranker" });
  });

  test.each([
    ["too wide", (texts: string[]) => texts.map(() => new Float32Array(100))],
    ["too narrow", (texts: string[]) => texts.map(() => new Float32Array(1))],
    ["too few", (texts: string[]) => texts.slice(1).map(() => new Float32Array(embedder.dimensions))],
    ["too many", (texts: string[]) => [...texts, ""].map(() => new Float32Array(embedder.dimensions))],
  ])("vectors of an embedder of the caller's own: %s", async (_, vectors) => {
    const own: Embedder = {
      ...embedder,
      embedStream: async function* (texts: AsyncIterable<string>) {
        const all: string[] = [];
        for await (const text of texts) all.push(text);
        yield* vectors(all);
      } as unknown as Embedder["embedStream"],
    };
    await using retriever = await loadRetriever({ embedder: own, reranker: false });
    await expect(retriever.add(numbered(3))).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "embedder" });
  });

  test("a vector that is none, of the caller's own embedder, ends the call that reads it and nothing else", async () => {
    const own: Embedder = {
      ...embedder,
      embedStream: async function* (texts: AsyncIterable<string>) {
        let given = 0;
        for await (const _ of texts) {
          await setTimeout(1);
          yield new Float32Array(embedder.dimensions).fill(given++ === 1 ? Number.NaN : 1);
        }
      } as unknown as Embedder["embedStream"],
    };
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    await using retriever = await loadRetriever({ embedder: own, reranker: false });
    await expect(retriever.add(numbered(5))).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "embedder" });
    await setTimeout(1);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    expect(retriever.size).toBe(1);
  });

  test("what the caller does to a result or to a document got changes nothing in the index", async () => {
    await using retriever = await loadRetriever({ embedder, reranker: crossEncoder });
    await retriever.add(numbered(3));
    const found = await retriever.search("text");
    const documents = [...found.results.map(({ document }) => document), retriever.get("n1")!];
    for (const document of documents) Reflect.deleteProperty(document, "text");
    expect(await retriever.add(numbered(3))).toEqual({ added: 0, replaced: 0, unchanged: 3 });
    expect(idsOf(await retriever.search("text"))).toEqual(idsOf(found));
  });

  test("a stage that was asked for is loaded or refused", async () => {
    const refused = { code: "INVALID_OPTION", parameter: "lateInteraction" };
    await expect(loadRetriever({ embedder, reranker: false, lateInteraction: true })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("lateInteraction: true }"),
    });
    const behind = { ...embedder, source: { ...embedder.source, from: "server" } } as Embedder;
    await expect(loadRetriever({ embedder: behind, reranker: false, lateInteraction: true })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("no server gives token vectors"),
    });
    await using late = await loadReranker({ directory: fixture("tiny-bert-cls"), lateInteraction: true });
    const other: Reranker = { ...late };
    await expect(loadRetriever({ embedder, reranker: other, lateInteraction: late })).rejects.toMatchObject(refused);
    for (const options of [{ lateInteraction: late }, { reranker: late }, { reranker: late, lateInteraction: late }]) {
      await using retriever = await loadRetriever({ embedder, reranker: false, ...options });
      expect(retriever.stages).toEqual(["lexical", "dense", "lateInteraction"]);
    }
    await using both = await loadRetriever({ embedder, reranker: crossEncoder, lateInteraction: late });
    expect(both.stages).toEqual(["lexical", "dense", "lateInteraction", "crossEncoder"]);
  });

  test("a promise in a model's place is refused", async () => {
    const late = Promise.resolve(embedder) as unknown as Embedder;
    await expect(loadRetriever({ embedder: late })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      parameter: "embedder",
      message: expect.stringContaining("await it"),
    });
    const options = Promise.resolve({}) as unknown as RetrieverOptions;
    await expect(loadRetriever(options)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "options" });
    await expect(loadEmbedder(late as unknown as string)).rejects.toMatchObject({ parameter: "model" });
    await expect(loadReranker(late as unknown as string)).rejects.toMatchObject({ parameter: "model" });
  });

  test("both models load at once, and one that cannot be used takes the other with it", async () => {
    const states: string[] = [];
    const stop = onEvent("bge-js:worker", ({ model, state }) => states.push(`${model} ${state}`));
    const [one, other] = [fixture("tiny-bert-mean"), fixture("tiny-xlmr-reranker")];
    const both = await loadRetriever({ embedder: one, reranker: other });
    const started = states.filter((state) => state.endsWith("started"));
    expect(states.slice(0, 2).sort()).toEqual(started.sort());
    expect(started).toHaveLength(2);
    await both.dispose();
    for (const pair of [
      { embedder: "./no-model", reranker: other },
      { embedder: one, reranker: "./no-model" },
      { embedder: "./no-model", reranker: "./no-model" },
    ]) {
      await expect(loadRetriever(pair)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    }
    stop();
    const count = (state: string) => states.filter((one) => one.endsWith(state)).length;
    expect([count("started"), count("ended")]).toEqual([4, 4]);
  });

  test("a signal of another library ends a load, and what is no signal is refused", async () => {
    class Foreign extends EventTarget {
      aborted = false;
      reason: unknown;
      abort(reason: unknown) {
        Object.assign(this, { aborted: true, reason });
        this.dispatchEvent(new Event("abort"));
      }
      throwIfAborted() {
        if (this.aborted) throw this.reason;
      }
    }
    const models = { embedder, reranker: fixture("tiny-xlmr-reranker") };
    for (const one of [models, { ...models, embedder: fixture("tiny-bert-mean") }]) {
      const signal = new Foreign();
      const loading = loadRetriever({ ...one, load: { signal: signal as unknown as AbortSignal } });
      signal.abort(new Error("enough"));
      await expect(loading).rejects.toThrow("enough");
      for (const wrong of [null, "now", {}]) {
        const refused = loadRetriever({ ...one, load: { signal: wrong as unknown as AbortSignal } });
        await expect(refused).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "signal" });
      }
    }
  });

  test("an empty index finds nothing", async () => {
    await using retriever = await loadRetriever({ embedder, reranker: crossEncoder });
    expect((await retriever.search("anything")).results).toEqual([]);
    expect(await retriever.add([])).toEqual({ added: 0, replaced: 0, unchanged: 0 });
  });

  test("a budget too small for the reranker leaves out what does not fit", async () => {
    await using retriever = await loadRetriever({ embedder, reranker: crossEncoder });
    await retriever.add(numbered(60));
    // Nothing is known yet: a handful is tried, and what is not ready at the deadline is not waited for.
    const { results, skipped } = await retriever.search("text", { budgetMs: 0.01, stages: ["dense", "crossEncoder"] });
    expect(results).toHaveLength(10);
    expect(skipped).toEqual([{ stage: "crossEncoder", scored: 0, candidates: 12 }]);
  });

  test("what a reranker has finished at the deadline counts, the rest is not waited for", async () => {
    const late: Reranker = {
      ...crossEncoder,
      async score(_query, documents) {
        const completed = documents.map((_, i) => (i % 2 === 0 ? i : undefined));
        throw new BgeError("DEADLINE_EXCEEDED", "late", { completed });
      },
    };
    await using retriever = await loadRetriever({ embedder, reranker: late });
    await retriever.add(numbered(60));
    const { results, skipped } = await retriever.search("text", { budgetMs: 60_000, topN: 60 });
    expect(skipped).toEqual([{ stage: "crossEncoder", scored: 4, candidates: 12 }]);
    expect(results.flatMap(({ scores }) => scores.crossEncoder ?? []).sort()).toEqual([0, 2, 4, 6]);
  });

  test("a reranker's own failure is the search's", async () => {
    const reranker: Reranker = { ...crossEncoder, score: () => crossEncoder.score("\ud800", ["text"]) };
    await using retriever = await loadRetriever({ embedder, reranker });
    await retriever.add(numbered(3));
    await expect(retriever.search("text")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  test("a signal ends a search", async () => {
    await using retriever = await load();
    await retriever.add(numbered(10));
    const reason = new Error("gone");
    await expect(retriever.search("text", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test.each([
    ["", "empty"],
    [" \n", "empty"],
    ["\ud800", "surrogate"],
    [7 as unknown as string, "number"],
  ])("refuses the query %j", async (query, problem) => {
    await using retriever = await load();
    await expect(retriever.search(query)).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "query" });
    await expect(retriever.search(query)).rejects.toThrow(problem);
  });

  test.each([
    [{ topN: 0 }, "topN"],
    [{ budgetMs: 0 }, "budgetMs"],
    [{ budgetMs: Number.NaN }, "budgetMs"],
    [{ filter: "year" }, "filter"],
    [{ stages: ["lateInteraction"] }, "stages"],
    [{ stages: ["dense", "crossEncoder"] }, "stages"],
    [{ stages: [] }, "stages"],
    [{ signal: {} }, "signal"],
    [{ limit: 3 }, "limit"],
  ])("refuses the search options %j", async (options, parameter) => {
    await using retriever = await load();
    await expect(retriever.search("text", options as never)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      parameter,
    });
  });

  test.each([
    [{ embedder: 7 }, "embedder"],
    [{ reranker: true }, "reranker"],
    [{ lateInteraction: 1 }, "lateInteraction"],
    [{ candidates: { dense: 0 } }, "candidates"],
    [{ weights: { dense: -1 } }, "weights"],
    [{ weights: { words: 1 } }, "words"],
    [{ load: { dtype: "int8" } }, "dtype"],
    [{ model: "x" }, "model"],
    [{ directory: "" }, "directory"],
    [{ directory: 7 }, "directory"],
    [{ readOnly: true }, "readOnly"],
    [{ directory: "x", readOnly: "yes" }, "readOnly"],
  ])("refuses the options %j", async (options, parameter) => {
    await expect(loadRetriever(options as never)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
  });

  test("takes an embedder for an embedder alone, and sources for sources", async () => {
    await expect(loadRetriever({ embedder: crossEncoder as never })).rejects.toMatchObject({ parameter: "embedder" });
    await expect(loadRetriever({ reranker: embedder as never })).rejects.toMatchObject({ parameter: "reranker" });
    await using retriever = await load();
    await expect(retriever.add("text" as never)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      parameter: "documents",
    });
    await expect(retriever.add([], { batch: 1 } as never)).rejects.toMatchObject({ parameter: "batch" });
    await expect(retriever.remove("n1")).rejects.toThrow("ids must be an iterable");
  });

  test("what was passed in outlives the retriever, calls do not", async () => {
    const retriever = await load();
    async function* waiting() {
      yield* numbered(2);
      await new Promise(() => {});
    }
    const adding = retriever.add(waiting());
    adding.catch(() => {});
    await retriever.search("text");
    await retriever.dispose();
    await retriever.dispose();
    await expect(adding).rejects.toMatchObject({ code: "DISPOSED" });
    await expect(retriever.search("text")).rejects.toMatchObject({ code: "DISPOSED" });
    await expect(retriever.add([])).rejects.toMatchObject({ code: "DISPOSED" });
    await expect(retriever.remove([])).rejects.toMatchObject({ code: "DISPOSED" });
    expect(() => retriever.has("n1")).toThrow("disposed");
    expect(() => retriever.get("n1")).toThrow("disposed");
    expect(() => retriever.ids()).toThrow("disposed");
    expect(retriever.size).toBe(0);
    expect(await embedder.embedQuery("still here")).toBeInstanceOf(Float32Array);
  });
});

// Of a stack of the usual size, it takes half a million documents.
test("removes more documents at once than the stack has room for", async () => {
  const { output, ended } = start(
    `
    import { loadRetriever } from "@bge-js/retriever";
    const vector = Float32Array.of(1);
    async function* embedStream(texts) {
      for await (const _ of texts) yield vector;
    }
    const embedder = { embedStream, embedQuery: async () => vector, dimensions: 1, spec: {}, source: {}, dispose() {} };
    const retriever = await loadRetriever({ embedder, reranker: false, candidates: { dense: 40_000 } });
    const ids = Array.from({ length: 60_000 }, (_, i) => String(i));
    await retriever.add(ids.map((id) => ({ id, text: "" })));
    const { results } = await retriever.search("all", { topN: 1 });
    console.log(results.length, await retriever.remove(ids), retriever.size);
    `,
    { flags: ["--stack-size=90"] },
  );
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(output).toEqual({ out: "1 60000 0\n", err: "" });
});
