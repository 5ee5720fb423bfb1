// The built package: a worker cannot start from TypeScript.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Embedder, loadEmbedder, loadReranker, type TruncationReport } from "@bge-js/core";
import {
  createTokens,
  joinWindows,
  type KeptText,
  keptRowsOf,
  loadRerankingStage,
  scoresByCandidates,
  splitWindows,
  type TokenSide,
} from "@bge-js/core/adapter";
import { type AnyDocument, loadRetriever, type Retriever, type SearchResult } from "@bge-js/retriever";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compressRows } from "../packages/core/dist/rows/compress.js";
import { scoreRows } from "../packages/core/dist/rows/score.js";
import { lateScores } from "./support/late-scores.js";
import { fixture } from "./support/models.js";
import { ISOLATIONS, type Posted, watched } from "./support/workers.js";

const tiny = { directory: fixture("tiny-bert-cls"), lateInteraction: true };
const quiet = { truncation: "silent" } as const;
/** A reranker's queries have no instruction, and kept rows know the query behind the embedder's. */
const plain = { ...quiet, queryInstruction: false } as const;
const TEXTS = Array.from({ length: 30 }, (_, i) => `text number ${i} ${"and so on ".repeat(i % 7)}`);

async function listOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

const textsOf = (posts: readonly Posted[]) => posts.flatMap(({ text, texts }) => texts ?? text ?? []);
const headsOf = (posts: readonly Posted[]) => posts.flatMap(({ heads }) => heads?.map(({ type }) => type) ?? []);

/** Rows and ids of all tokens but [CLS]. */
async function sidesOf(embedder: Embedder, texts: readonly string[]) {
  const read = (file: string) => JSON.parse(readFileSync(join(embedder.source.directory, file), "utf8"));
  const tokens = createTokens(read("tokenizer.json"), read("tokenizer_config.json"), { architecture: "bert" });
  const vectors = await embedder.embedTokens(texts, { inputType: "document" });
  const { ids, lengths } = tokens.encode(texts, { form: "single", maxTokens: embedder.maxTokens }).rows;
  let from = 0;
  const sides = vectors.map(({ data, dimensions }, i) => {
    const to = from + lengths[i]!;
    const own = ids.slice(from + 1, to);
    from = to;
    return { rows: data.slice(dimensions), ids: own };
  });
  return { sides, special: tokens.weightless };
}

/** Late interaction of a query with kept rows. */
async function lateInteraction(embedder: Embedder, query: string, rows: readonly Uint8Array[]) {
  const matches = await matchesOf(embedder, query, rows);
  return matches.map(({ score }) => score);
}

async function matchesOf(embedder: Embedder, query: string, rows: readonly Uint8Array[]) {
  const kept = keptRowsOf(embedder)!;
  return kept.match((await kept.readQuery(query, {})).side, rows, {});
}

/** What is kept of a text that is read at once. */
function inOneWindow(text: string, side: TokenSide): Uint8Array {
  const tokens = side.ids.length + 1;
  return joinWindows({ tokens, kept: tokens, windows: [{ start: 0, end: text.length, rows: compressRows(side, 48) }] });
}

/** On average: pooling takes half of the rows, so that single texts of a few tokens may be 0.05 away. */
function expectNear(scores: readonly number[], wanted: readonly number[]): void {
  const apart = scores.map((score, i) => Math.abs(score - wanted[i]!));
  expect(apart.reduce((sum, one) => sum + one, 0) / apart.length).toBeLessThan(0.03);
}

describe.each(ISOLATIONS)("rows that an embedder gives to keep, workers in a %s", (isolation) => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await loadEmbedder(tiny, { ...plain, isolation });
  });
  afterAll(() => embedder.dispose());

  test("are those of the token vectors, beside the vector; each in memory of its own", async () => {
    const kept = await listOf(keptRowsOf(embedder)!.embedStream(TEXTS, {}));
    const vectors = await embedder.embedDocuments(TEXTS);
    const { sides } = await sidesOf(embedder, TEXTS);
    expect(kept).toHaveLength(TEXTS.length);
    for (const [i, one] of kept.entries()) {
      expect(one!.vectors).toEqual([vectors[i]]);
      expect(one!.rows).toEqual(inOneWindow(TEXTS[i]!, sides[i]!));
      expect(one!.rows.buffer.byteLength).toBe(one!.rows.length);
    }
    const [alone] = await listOf(keptRowsOf(embedder)!.embedStream([TEXTS[3]!], {}));
    const own = await sidesOf(embedder, [TEXTS[3]!]);
    expect(alone!.rows).toEqual(inOneWindow(TEXTS[3]!, own.sides[0]!));
  });

  test("score as the texts themselves do, but for what compression loses", async () => {
    await using fresh = await loadRerankingStage(tiny, { ...quiet, isolation });
    const kept = await listOf(keptRowsOf(embedder)!.embedStream(TEXTS, {}));
    const rows = kept.map((one) => one!.rows);
    for (const query of ["number 7", "and so on, number", "completely different words"]) {
      const scores = await lateInteraction(embedder, query, rows);
      const wanted = await fresh.score(query, TEXTS);
      expectNear(scores, wanted);
      const { sides, special } = await sidesOf(embedder, [query]);
      const windows = rows.map((bytes) => splitWindows(bytes).windows[0]!.rows);
      const exact = scoresByCandidates(scoreRows(sides[0]!, windows, 48, special));
      for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(exact[i]!, 5);
    }
    expect(await lateInteraction(embedder, "anything", [])).toEqual([]);
  });

  test("a text that fails is passed over, the others are read", async () => {
    const errors: unknown[] = [];
    const options = { onError: "skip", onSkip: (error: unknown) => void errors.push(error) } as const;
    const stream = keptRowsOf(embedder)!.embedStream(["good", "\ud800", "good too"], options);
    expect((await listOf(stream)).map((one) => one?.rows.length !== undefined)).toEqual([true, false, true]);
    expect(errors).toMatchObject([{ code: "INVALID_INPUT", index: 1 }]);
  });

  test("an abort ends a stream and a score", async () => {
    const end = new AbortController();
    const stream = keptRowsOf(embedder)!.embedStream(TEXTS, { signal: end.signal });
    await stream.next();
    end.abort(new Error("enough"));
    await expect(stream.next()).rejects.toThrow("enough");
    const { side } = await keptRowsOf(embedder)!.readQuery("text", {});
    await expect(keptRowsOf(embedder)!.match(side, [], { signal: end.signal })).rejects.toThrow("enough");
    await expect(keptRowsOf(embedder)!.readQuery("text", { signal: end.signal })).rejects.toThrow("enough");
  });

  test("a query's rows are read without the instruction that stands before it for its vector", async () => {
    await using asked = await loadEmbedder(tiny, { ...quiet, isolation, queryInstruction: "number text 3: " });
    for (const query of ["number 7", "and so on"]) {
      const [bare, instructed] = await Promise.all(
        [embedder, asked].map(async (one) => [one, await keptRowsOf(one)!.readQuery(query, {})] as const),
      );
      for (const [one, { vector }] of [bare!, instructed!]) expect(vector).toEqual(await one.embedQuery(query));
      const { sides } = await sidesOf(embedder, [query]);
      for (const [, { side }] of [bare!, instructed!]) expect(side).toEqual(sides[0]);
    }
  });

  test("a text longer than the model reads is read in windows: a vector each, the best window's score and place", async () => {
    const parts = Array.from({ length: 150 }, (_, i) => `Sentence ${i} says that it has number ${i}. `);
    const needle = "An aardvark sleeps under the violet bridge. ";
    for (const place of [0, 75, 149]) {
      const text = [...parts.slice(0, place), needle, ...parts.slice(place)].join("");
      const [one] = await listOf(keptRowsOf(embedder)!.embedStream([text], {}));
      const { windows, tokens, kept } = splitWindows(one!.rows);
      expect(tokens).toBe(await embedder.countTokens(text));
      expect(kept).toBe(tokens);
      expect(windows.length).toBeGreaterThan(2);
      expect(one!.vectors[0]).toEqual(await embedder.embedQuery(text));
      const others = windows.slice(1).map(({ start, end }) => text.slice(start, end));
      expect(one!.vectors.slice(1)).toEqual(await embedder.embedDocuments(others));
      const [match] = await matchesOf(embedder, needle, [one!.rows]);
      expect(windows.map(({ start, end }) => [start, end])).toContainEqual([match!.start, match!.end]);
    }
  });

  test("only what lies beyond the last window is reported as cut, or refused", async () => {
    const reports: TruncationReport[] = [];
    const onTruncate = (report: TruncationReport) => void reports.push(report);
    await using watching = await loadEmbedder(tiny, { ...plain, isolation, maxTokens: 20, onTruncate });
    const texts = [
      "short",
      "six words are in this sentence. ".repeat(10),
      "six words are in this sentence. ".repeat(200),
    ];
    const kept = await listOf(keptRowsOf(watching)!.embedStream(texts, {}));
    const { tokens, kept: read, windows } = splitWindows(kept[2]!.rows);
    expect(reports).toEqual([{ index: 2, inputType: "document", tokens, kept: read }]);
    expect(read).toBe(2 + (await watching.countTokens(texts[2]!.slice(0, windows.at(-1)!.end))) - 2);
    expect(kept[1]!.vectors.length).toBeGreaterThan(5);
    await using strict = await loadEmbedder(tiny, { ...plain, isolation, maxTokens: 20, truncation: "error" });
    const errors: unknown[] = [];
    const options = { onError: "skip", onSkip: (error: unknown) => void errors.push(error) } as const;
    const passed = await listOf(keptRowsOf(strict)!.embedStream(texts, options));
    expect(passed.map((one) => one !== undefined)).toEqual([true, true, false]);
    expect(errors).toMatchObject([{ code: "INPUT_TOO_LONG", index: 2 }]);
    expect((errors[0] as Error).message).toContain(`The limit is ${read} tokens`);
  });

  test("rows that are none of this model's are named, and others are read all the same", async () => {
    const [{ rows }] = (await listOf(keptRowsOf(embedder)!.embedStream(["good"], {}))) as [KeptText];
    for (const place of [0, 2, 5, 13, 21, 40, 80, rows.length - 1]) {
      const damaged = rows.map((byte, i) => (i === place ? byte ^ 1 : byte));
      await expect(lateInteraction(embedder, "good", [rows, damaged])).rejects.toMatchObject({
        code: "STORE_CORRUPT",
        indices: [1],
      });
    }
    const narrow = compressRows({ rows: Float32Array.of(1, 0), ids: Int32Array.of(7) }, 2);
    const other = joinWindows({ tokens: 2, kept: 2, windows: [{ start: 0, end: 4, rows: narrow }] });
    await expect(lateInteraction(embedder, "good", [other])).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
    expect(await lateInteraction(embedder, "good", [rows])).toHaveLength(1);
  });
});

test("a match points at the window that has what was asked for, wherever it is (embedded model)", async () => {
  await using embedder = await loadEmbedder(undefined, quiet);
  const filler = Array.from(
    { length: 60 },
    (_, i) => `The shop on ${i} Market Street sells bread, milk and ${i} eggs. `,
  );
  const needle = "An aardvark sleeps under the violet bridge. ";
  for (const place of [0, 20, 40, 60]) {
    const text = [...filler.slice(0, place), needle, ...filler.slice(place)].join("");
    const [one] = await listOf(keptRowsOf(embedder)!.embedStream([text], {}));
    expect(one!.vectors.length).toBeGreaterThan(1);
    const [match] = await matchesOf(embedder, "Where does the aardvark sleep?", [one!.rows]);
    expect(text.slice(match!.start, match!.end)).toContain(needle);
    expect(match!.end - match!.start).toBeLessThan(text.length);
  }
  // The retriever finds by it: the right one of two long texts, which differ beyond what the model reads at once.
  await using retriever = await loadRetriever({ embedder, lateInteraction: true, reranker: false });
  await retriever.add(
    ["otter", "aardvark"].map((animal) => `${filler.join("")}The ${animal} sleeps under the violet bridge.`),
  );
  for (const [animal, id] of [
    ["otter", "#0"],
    ["aardvark", "#1"],
  ] as const) {
    const { results } = await retriever.search(`Where does the ${animal} sleep?`, {
      stages: ["dense", "lateInteraction"],
    });
    expect(results[0]!.id).toBe(id);
    const { document, part } = results[0]!;
    expect(document.text.slice(part!.start, part!.end)).toContain(`The ${animal} sleeps`);
    expect(part!.end - part!.start).toBeLessThan(document.text.length);
  }
  // And the cross-encoder that was measured with it reads the part that matches, another one the window.
  await using reranker = await loadReranker("bge-js/reranker-small-en", { truncation: "silent" });
  await using reading = await loadRetriever({ embedder, lateInteraction: true, reranker });
  await reading.add([`${filler.join("")}The otter sleeps under the violet bridge.`, "A short text about otters."]);
  const question = "Where does the otter sleep?";
  const { results } = await reading.search(question);
  const read = results.map(({ document, part }) => document.text.slice(part!.start, part!.end));
  expect(read.toSorted((a, b) => a.length - b.length)).toEqual([
    "A short text about otters.",
    expect.stringMatching(/The otter sleeps under the violet bridge\.$/),
  ]);
  expect(Math.max(...(await embedder.countTokens(read)))).toBeLessThanOrEqual(2 + 192);
  for (const [i, { scores }] of results.entries()) {
    expect(await reranker.score(question, [read[i]!])).toEqual([scores.crossEncoder]);
  }
  expect((await reading.search(question, { stages: ["lexical", "dense"] })).results[0]!.part).toBeUndefined();
  await using other = await loadReranker(fixture("tiny-bert-reranker"), quiet);
  await using widely = await loadRetriever({ embedder, lateInteraction: true, reranker: other });
  await widely.add([`${filler.join("")}The otter sleeps under the violet bridge.`]);
  const [{ document, part, scores }] = (await widely.search(question)).results as [SearchResult<AnyDocument>];
  const window = document.text.slice(part!.start, part!.end);
  expect(window.length).toBeGreaterThan(1000);
  expect(window).toContain("The otter sleeps");
  expect(await other.score(question, [window])).toEqual([scores.crossEncoder]);
});

test("of long texts the cross-encoder reads fewer, and as many as the caller asks for (embedded int8 files)", async () => {
  const quiet = { truncation: "silent" } as const;
  await using embedder = await loadEmbedder(undefined, quiet);
  await using reranker = await loadReranker("bge-js/reranker-small-en", quiet);
  const texts = Array.from({ length: 14 }, (_, i) => `Otter number ${i} sleeps by day. `);
  const read = async (documents: readonly string[], candidates?: { crossEncoder: number }) => {
    await using retriever = await loadRetriever({ embedder, reranker, ...(candidates && { candidates }) });
    await retriever.add(documents);
    const { results, skipped } = await retriever.search("When do otters sleep?", { topN: 14 });
    // What is not to be read was not skipped.
    expect(skipped).toEqual([]);
    return results.filter(({ scores }) => scores.crossEncoder !== undefined).length;
  };
  expect(await read(texts)).toBe(12);
  const long = texts.map((text) => text.repeat(40));
  expect(await read(long)).toBe(8);
  expect(await read(long, { crossEncoder: 12 })).toBe(12);
});

test("a text's rows are the same in whatever company it is read (embedded int8 file)", async () => {
  await using embedder = await loadEmbedder();
  const together = await listOf(keptRowsOf(embedder)!.embedStream(TEXTS, {}));
  for (const i of [0, 5, 29]) {
    const [alone] = await listOf(keptRowsOf(embedder)!.embedStream([TEXTS[i]!], {}));
    expect(alone).toEqual(together[i]);
  }
});

test("there are none of a model without late interaction, with a document instruction, or of the caller's own making", async () => {
  const instructed = { ...tiny, tasks: { find: { query: "find: ", document: "found: " } } };
  for (const [model, options] of [
    [{ ...tiny, lateInteraction: false }, {}],
    [instructed, { task: "find" }],
  ] as const) {
    await using embedder = await loadEmbedder(model, { ...quiet, ...options });
    expect(keptRowsOf(embedder)).toBeUndefined();
  }
  await using embedder = await loadEmbedder(tiny, quiet);
  expect(keptRowsOf(embedder)).toBeDefined();
  expect(keptRowsOf({ ...embedder })).toBeUndefined();
});

describe.each(ISOLATIONS)("a retriever, workers in a %s", (isolation) => {
  const documents = TEXTS.map((text, i) => ({ id: `n${i}`, text }));
  let embedder: Embedder;
  let retriever: Retriever;
  beforeAll(async () => {
    embedder = await loadEmbedder(tiny, { ...plain, isolation });
    retriever = await loadRetriever({ embedder, lateInteraction: true });
    await retriever.add(documents);
  });
  afterAll(async () => {
    await retriever.dispose();
    await embedder.dispose();
  });

  test("reads each document once, and none to search", async () => {
    const posts = watched();
    await using own = await loadRetriever({ embedder, lateInteraction: true });
    await own.add(documents);
    // Every text is sent once to be encoded.
    expect(textsOf(posts).toSorted()).toEqual(TEXTS.toSorted());
    posts.length = 0;
    const { results, timings } = await own.search("number 7", { topN: 30 });
    expect(results.filter(({ scores }) => scores.lateInteraction !== undefined)).toHaveLength(30);
    expect(timings.lateInteraction).toBeGreaterThan(0);
    expect(textsOf(posts)).toEqual(["number 7"]);
    expect(posts.map(({ type }) => type)).toContain("match");
  });

  test("late interaction is that of the reranker in its place, and reads as many", async () => {
    await using late = await loadRerankingStage(tiny, { ...quiet, isolation });
    await using fresh = await loadRetriever({ embedder, lateInteraction: late, candidates: { lateInteraction: 9 } });
    await using kept = await loadRetriever({ embedder, lateInteraction: true, candidates: { lateInteraction: 9 } });
    expect(kept.stages).toEqual(fresh.stages);
    for (const one of [fresh, kept]) await one.add(documents);
    const [wanted, found] = await Promise.all(
      [fresh, kept].map(async (one) => (await one.search("number 7", { topN: 30 })).results),
    );
    const byId = new Map(wanted!.map((result) => [result.id, result.scores.lateInteraction]));
    const scored = found!.filter(({ scores }) => scores.lateInteraction !== undefined);
    expect(scored).toHaveLength(9);
    expectNear(
      scored.map(({ scores }) => scores.lateInteraction!),
      scored.map(({ id }) => byId.get(id)!),
    );
  });

  test("a document in the place of another brings its own rows; a removed one takes them along", async () => {
    await using own = await loadRetriever({ embedder, lateInteraction: true });
    const late = async () =>
      Object.fromEntries((await own.search("number 7")).results.map(({ id, scores }) => [id, scores.lateInteraction]));
    await own.add([
      { id: "a", text: TEXTS[1]! },
      { id: "b", text: TEXTS[2]! },
      { id: "gone", text: TEXTS[7]! },
    ]);
    await own.remove(["gone"]);
    await own.add([{ id: "a", text: TEXTS[7]! }]);
    await using anew = await loadRetriever({ embedder, lateInteraction: true });
    await anew.add([
      { id: "a", text: TEXTS[7]! },
      { id: "b", text: TEXTS[2]! },
    ]);
    const wanted = (await anew.search("number 7")).results.map(({ id, scores }) => [id, scores.lateInteraction]);
    expect(await late()).toEqual(Object.fromEntries(wanted));
    expect(Object.keys(await late()).sort()).toEqual(["a", "b"]);
  });

  test("keeps nothing with `lateInteraction: false`, or with a reranker in its place", async () => {
    await using late = await loadRerankingStage(tiny, { ...quiet, isolation });
    const posts = watched();
    for (const lateInteraction of [false, late] as const) {
      await using own = await loadRetriever({ embedder, lateInteraction });
      await own.add(documents);
      expect(headsOf(posts)).toContain("vector");
      expect(headsOf(posts)).not.toContain("kept-rows");
    }
    await using kept = await loadRetriever({ embedder, lateInteraction: true });
    await kept.add(documents);
    expect(headsOf(posts)).toContain("kept-rows");
  });

  test("texts that fail are named, an abort keeps what was added, with its rows", async () => {
    await using own = await loadRetriever({ embedder, lateInteraction: true });
    const mixed = [documents[0]!, { id: "lone", text: "\ud800" }, documents[1]!];
    await expect(own.add(mixed)).rejects.toMatchObject({ code: "INVALID_INPUT", indices: [1] });
    const end = new AbortController();
    const adding = own.add(documents, {
      signal: end.signal,
      onProgress: ({ added }) => added === 10 && end.abort(new Error("enough")),
    });
    await expect(adding).rejects.toThrow("enough");
    const { results } = await own.search("text", { topN: 30 });
    expect(results.length).toBeGreaterThanOrEqual(10);
    for (const { scores } of results) expect(scores.lateInteraction).toBeGreaterThan(0);
  });

  test("a time that is over leaves late interaction out, any other leaves it whole", async () => {
    const { results, skipped } = await retriever.search("number 7", { budgetMs: 0.001 });
    expect(results.every(({ scores }) => scores.lateInteraction === undefined)).toBe(true);
    expect(skipped.at(-1)).toMatchObject({ stage: "lateInteraction", scored: 0 });
    expect((await retriever.search("number 7", { budgetMs: 60_000 })).skipped).toEqual([]);
  });

  test("the event loop has its turns while late interaction runs", async () => {
    let turns = 0;
    let searching = true;
    setImmediate(function turn() {
      turns++;
      if (searching) setImmediate(turn);
    });
    await retriever.search("number 7 ".repeat(100), { stages: ["lexical", "lateInteraction"] });
    searching = false;
    expect(turns).toBeGreaterThan(1);
  });

  test("a query that is too long is refused where such are to be refused", async () => {
    await using strict = await loadEmbedder(tiny, { truncation: "error", isolation });
    await using own = await loadRetriever({ embedder: strict, lateInteraction: true });
    await own.add(["one", "two"]);
    const search = own.search("one ".repeat(600), { stages: ["lexical", "lateInteraction"] });
    await expect(search).rejects.toMatchObject({ code: "INPUT_TOO_LONG" });
  });

  test("an embedder of the caller's own: a reranker reads its documents at the first search, and remembers them", async () => {
    const own: Embedder = { ...embedder };
    await using anew = await loadRetriever({ embedder: own, lateInteraction: true });
    expect(anew.stages).toContain("lateInteraction");
    await anew.add(documents);
    const posts = watched();
    const { results } = await anew.search("number 7");
    expect(results[0]!.scores.lateInteraction).toBeGreaterThan(0);
    expect(textsOf(posts)).toContain(TEXTS[7]);
    posts.length = 0;
    const again = await anew.search("number 7");
    expect(again.results).toEqual(results);
    expect(textsOf(posts).every((text) => text.endsWith("number 7"))).toBe(true);
  });
});

test("the embedded model's order is that of the texts' own rows", async () => {
  const texts = [
    "The giant panda is a bear that lives on bamboo in the mountains of China.",
    "The koala, which is no bear, sleeps twenty hours a day in eucalyptus trees.",
    "Error E-4711: the paper tray is open. Close it and press the green button.",
    "Small dogs travel free on all our trains; large ones need a ticket and a muzzle.",
    "Members may borrow up to ten books for four weeks.",
    "The tides follow the moon, whose pull raises the sea on both sides of the Earth.",
  ];
  await using retriever = await loadRetriever({ reranker: false, lateInteraction: true });
  await retriever.add(texts);
  for (const query of ["Which animals are bears?", "Can I bring my dog?", "why does the sea rise and fall"]) {
    const { results } = await retriever.search(query);
    const wanted = await lateScores(query, texts);
    const best = texts[wanted.indexOf(Math.max(...wanted))];
    expect(results.find(({ ranks }) => ranks.lateInteraction === 1)!.document.text).toBe(best);
    expectNear(
      results.map(({ scores }) => scores.lateInteraction!),
      results.map(({ document }) => wanted[texts.indexOf(document.text)]!),
    );
  }
});

test("a fused reranker adds only its cross-encoder: its late interaction is over the rows that are kept", async () => {
  const texts = TEXTS.slice(0, 12);
  await using embedder = await loadEmbedder(undefined, quiet);
  await using reranker = await loadReranker(undefined, quiet);
  await using given = await loadRetriever({ embedder, reranker });
  await using byDefault = await loadRetriever({ embedder });
  for (const retriever of [given, byDefault]) await retriever.add(texts);
  expect(given.stages).toEqual(["lexical", "dense", "lateInteraction", "crossEncoder"]);
  const posts = watched();
  const { results } = await given.search("number 7");
  expect(posts.map(({ type }) => type)).toContain("match");
  expect(headsOf(posts)).not.toContain("kept-rows");
  expect(results).toEqual((await byDefault.search("number 7")).results);
});
