import {
  type BgeError,
  type Embedder,
  loadEmbedder,
  loadReranker,
  quantize,
  type RemoteModel,
  type Reranker,
} from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";
import { type Behind, nimDouble, openaiDouble, teiDouble } from "../support/servers/dialects.js";
import type { Double } from "../support/servers/http-double.js";

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `text number ${i} ${"of many ".repeat(i % 5)}`);
const furthest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, d) => Math.abs(value - b[d]!)));
async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

let local: Embedder;
let cross: Reranker;
beforeAll(async () => {
  local = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 2, truncation: "silent" });
  cross = await loadReranker(fixture("tiny-bert-reranker"), { threads: 2, truncation: "silent" });
});
afterAll(async () => {
  await local.dispose();
  await cross.dispose();
});

/** Each kind of server: its double, and a reference to it. */
interface Kind {
  readonly open: (behind: Behind) => Promise<Double>;
  readonly refer: (url: string) => RemoteModel;
  /** Where texts are sent, and how many may be at once. */
  readonly path: string;
  readonly texts: (body: Record<string, string[]>) => string[];
  readonly most: number;
  readonly refusesEmpty: boolean;
  readonly saysLengths: boolean;
}

const facts = () => ({ maxTokens: local.maxTokens, queryInstruction: local.spec.queryInstruction });
const KINDS: Readonly<Record<string, Kind>> = {
  tei: {
    open: teiDouble,
    refer: (url) => ({ url, api: "tei", queryInstruction: local.spec.queryInstruction }),
    path: "/embed",
    texts: ({ inputs }) => inputs!,
    most: 32,
    refusesEmpty: true,
    saysLengths: true,
  },
  openai: {
    open: openaiDouble,
    refer: (url) => ({ url: `${url}/v1/`, api: "openai", model: "tiny", ...facts() }),
    path: "/v1/embeddings",
    texts: ({ input }) => input!,
    most: 64,
    refusesEmpty: false,
    saysLengths: false,
  },
  infinity: {
    open: openaiDouble,
    refer: (url) => ({ url: new URL(`${url}/v1`), api: "infinity", ...facts() }),
    path: "/v1/embeddings",
    texts: ({ input }) => input!,
    most: 64,
    refusesEmpty: false,
    saysLengths: false,
  },
  nim: {
    open: nimDouble,
    refer: (url) => ({ url: `${url}/v1`, api: "nim", model: "nvidia/tiny", maxTokens: local.maxTokens }),
    path: "/v1/embeddings",
    texts: ({ input }) => input!,
    most: 30,
    refusesEmpty: true,
    saysLengths: true,
  },
  "nim, answering later": {
    open: (behind) => nimDouble({ ...behind, later: true }),
    refer: (url) => ({ url: `${url}/v1`, api: "nim", maxTokens: local.maxTokens }),
    path: "/v1/embeddings",
    texts: ({ input }) => input!,
    most: 30,
    refusesEmpty: true,
    saysLengths: true,
  },
};

describe.skipIf(!hasLoopback).each(Object.entries(KINDS))("an embedder behind %s", (_, kind) => {
  let server: Double;
  let remote: Embedder;
  beforeAll(async () => {
    server = await kind.open({ embedder: local });
    remote = await loadEmbedder(kind.refer(server.url), { truncation: "silent" });
  });
  afterAll(async () => {
    await remote.dispose();
    await server.close();
  });

  test("gives the vectors of the model itself, in order, whatever the batch", async () => {
    const texts = numbered(150);
    const expected = await local.embedDocuments(texts);
    const vectors = await remote.embedDocuments(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const [i, vector] of vectors.entries()) expect(furthest(vector, expected[i]!)).toBeLessThan(1e-6);
    expect(await remote.embedDocuments([])).toEqual([]);
    expect(remote.dimensions).toBe(local.dimensions);
    expect(remote.maxTokens).toBe(local.maxTokens);
    expect(remote.source).toMatchObject({ from: "server", device: "server" });
    for (const body of server.bodies(kind.path)) expect(kind.texts(body).length).toBeLessThanOrEqual(kind.most);
  });

  test("puts the instruction before a query exactly once, on one side", async () => {
    expect(local.spec.queryInstruction).not.toBe("");
    const query = await remote.embedQuery("where is the cat?");
    expect(furthest(query, await local.embedQuery("where is the cat?"))).toBeLessThan(1e-6);
    const [asDocument] = await remote.embedDocuments(["where is the cat?"]);
    expect(furthest(query, asDocument!)).toBeGreaterThan(1e-3);
  });

  test("puts queries that come together into one request", async () => {
    const before = server.bodies(kind.path).length;
    const queries = numbered(20);
    const vectors = await Promise.all(queries.map((query) => remote.embedQuery(query)));
    expect(server.bodies(kind.path).length).toBe(before + 1);
    for (const [i, vector] of vectors.entries()) {
      expect(furthest(vector, await local.embedQuery(queries[i]!))).toBeLessThan(1e-6);
    }
  });

  test("streams in order, skips what cannot be embedded, and goes on", async () => {
    const texts = ["good", 7 as unknown as string, "", "good", "\ud800", ...numbered(80)];
    const skipped: (number | undefined)[] = [];
    const onSkip = ({ index }: BgeError) => void skipped.push(index);
    const vectors = await all(remote.embedStream(texts, { onError: "skip", onSkip }));
    expect(vectors).toHaveLength(texts.length);
    expect(skipped).toEqual(kind.refusesEmpty ? [1, 2, 4] : [1, 4]);
    const [expected] = await local.embedDocuments([texts.at(-1)!]);
    expect(furthest(vectors.at(-1)!, expected!)).toBeLessThan(1e-6);
  });

  test("an empty text costs no other its vector", async () => {
    const call = remote.embedDocuments(["one", "", "two"]);
    if (kind.refusesEmpty) {
      const error: BgeError = await call.then(
        () => expect.unreachable(),
        (reason) => reason,
      );
      expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [1] });
      expect(error.completed!.map((vector) => (vector as Float32Array | undefined)?.length)).toEqual([
        48,
        undefined,
        48,
      ]);
    } else expect(await call).toHaveLength(3);
  });

  test("cuts vectors to `dimensions`, then normalises them, as here", async () => {
    await using short = await loadEmbedder(kind.refer(server.url), { dimensions: 8 });
    await using expected = await loadEmbedder(fixture("tiny-bert-cls"), { dimensions: 8 });
    const [vector] = await short.embedDocuments(["a cat sat"]);
    expect(furthest(vector!, (await expected.embedDocuments(["a cat sat"]))[0]!)).toBeLessThan(1e-6);
  });

  test("says which texts were cut, or that it cannot know", async () => {
    const long = "far away ".repeat(local.maxTokens);
    const texts = ["short", long, "short too"];
    const [tokens] = await local.countTokens([long]);
    const reports: unknown[] = [];
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on("warning", listener);
    await using told = await loadEmbedder(kind.refer(server.url), {
      onTruncate: (report) => void reports.push(report),
    });
    const vectors = await told.embedDocuments(texts);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("warning", listener);
    for (const [i, vector] of vectors.entries()) {
      expect(furthest(vector, (await local.embedDocuments([texts[i]!]))[0]!)).toBeLessThan(1e-6);
    }
    const cut = { index: 1, inputType: "document", tokens, kept: local.maxTokens };
    expect(reports).toEqual(kind.saysLengths ? [cut] : []);
    expect(warnings).toMatchObject([{ code: "BGE_TRUNCATED" }]);
    const strict = loadEmbedder(kind.refer(server.url), { truncation: "error" });
    if (!kind.saysLengths) {
      await expect(strict).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "truncation" });
    } else {
      await using refusing = await strict;
      await expect(refusing.embedDocuments(texts)).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indices: [1] });
      expect(await refusing.embedDocuments(["short"])).toHaveLength(1);
    }
  });

  test("an abort, a deadline and a dispose end a call at once, and the first two leave the model usable", async () => {
    server.always = () => {};
    const controller = new AbortController();
    const aborted = remote.embedDocuments(numbered(300), { signal: controller.signal });
    const late = remote.embedQuery("late", { deadlineMs: 20 });
    await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    server.always = undefined;
    expect(await remote.embedQuery("still there?")).toHaveLength(48);
    const other = await loadEmbedder(kind.refer(server.url));
    server.always = () => {};
    const pending = other.embedQuery("never");
    const disposed = expect(pending).rejects.toMatchObject({ code: "DISPOSED" });
    await other.dispose();
    await disposed;
    server.always = undefined;
    await expect(other.embedQuery("after")).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("refuses bad texts before anything is sent", async () => {
    const before = server.got.length;
    const bad = remote.embedDocuments(["good", 1 as unknown as string]);
    await expect(bad).rejects.toMatchObject({ code: "INVALID_INPUT", indices: [1] });
    expect(server.got.length).toBe(before);
  });
});

describe.skipIf(!hasLoopback)("an embedder behind TEI", () => {
  test("counts tokens, and has token vectors, as the model itself", async () => {
    await using server = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(KINDS["tei"]!.refer(server.url));
    const texts = numbered(40);
    expect(await remote.countTokens(texts)).toEqual(await local.countTokens(texts));
    expect(await remote.countTokens("a query", { inputType: "query" })).toBe(
      await local.countTokens("a query", { inputType: "query" }),
    );
    const rows = await remote.embedTokens(texts, { inputType: "document" });
    const expected = await local.embedTokens(texts, { inputType: "document" });
    for (const [i, { data, rows: count }] of rows.entries()) {
      expect(count).toBe(expected[i]!.rows);
      expect(furthest(data, expected[i]!.data)).toBeLessThan(1e-6);
    }
  });

  test("quantizes its vectors here, but does not know how many tokens a text has", async () => {
    await using server = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(KINDS["tei"]!.refer(server.url));
    const inputType = "document";
    const [record] = await remote.embed(["a cat"], { inputType, outputs: ["dense", "ubinary"] });
    expect(quantize([record!.dense], { precision: "ubinary" })).toEqual([record!.ubinary]);
    const counted = remote.embed(["a cat"], { inputType, outputs: ["dense", "tokenCount"] });
    await expect(counted).rejects.toMatchObject({ code: "MODEL_MISMATCH", parameter: "outputs" });
  });

  test("names its prompts where the server has them", async () => {
    await using server = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder({ url: server.url, api: "tei", instructions: "server" });
    await remote.embedQuery("what?");
    expect(server.bodies("/embed").at(-1)).toMatchObject({ inputs: ["what?"], prompt_name: "query", truncate: false });
    const wrong = loadEmbedder({ url: server.url, api: "tei", instructions: "server" }, { queryInstruction: "x: " });
    await expect(wrong).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "queryInstruction" });
  });
});

const RERANKERS = {
  tei: { open: teiDouble, refer: (url: string): RemoteModel => ({ url, api: "tei" }), usual: "logit" },
  infinity: {
    open: openaiDouble,
    refer: (url: string): RemoteModel => ({ url: `${url}/v1`, api: "infinity", maxTokens: 64 }),
    usual: "logit",
  },
  cohere: {
    open: openaiDouble,
    refer: (url: string): RemoteModel => ({ url: `${url}/v1`, api: "cohere", model: "tiny", maxTokens: 64 }),
    usual: "sigmoid",
  },
  nim: {
    open: nimDouble,
    refer: (url: string): RemoteModel => ({ url: `${url}/v1`, api: "nim", maxTokens: 64 }),
    usual: "logit",
  },
} as const;

describe.skipIf(!hasLoopback).each(Object.entries(RERANKERS))("a reranker behind %s", (api, { open, refer, usual }) => {
  const documents = [...numbered(70), "", "the same", "the same"];

  test("gives the scores of the model itself, in the scale asked for", async () => {
    await using server = await open({ reranker: cross });
    const logits = await cross.score("what number?", documents);
    for (const scale of [undefined, "logit", "sigmoid"] as const) {
      const loading = loadReranker(refer(server.url), scale === undefined ? {} : { scale });
      if (api === "cohere" && scale === "logit") {
        await expect(loading).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "scale" });
        continue;
      }
      await using remote = await loading;
      expect(remote.scale).toBe(scale ?? usual);
      const scores = await remote.score("what number?", documents);
      const wanted = remote.scale === "logit" ? logits : logits.map((logit) => 1 / (1 + Math.exp(-logit)));
      for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(wanted[i]!, 5);
      const ranked = await remote.rerank("what number?", documents, { topN: 5 });
      expect(ranked).toHaveLength(5);
      expect(await remote.rerank("what number?", [])).toEqual([]);
      // Ties in input order, whatever the server's.
      const tied = await remote.rerank("q", ["the same", "the same"]);
      expect(tied.map(({ index }) => index)).toEqual([0, 1]);
    }
  });

  test("does not pass for an embedding model", async () => {
    await using server = await open({ reranker: cross });
    await expect(loadEmbedder({ ...refer(server.url), queryInstruction: "" })).rejects.toMatchObject({
      name: "BgeError",
    });
  });
});
