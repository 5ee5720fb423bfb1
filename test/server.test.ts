import { once } from "node:events";
import { request } from "node:http";
import { type Embedder, loadEmbedder, loadReranker, onEvent, type Reranker } from "@bge-js/core";
import { type BgeServer, serve } from "@bge-js/server";
import { OpenAIEmbeddings } from "@langchain/openai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";

const TEXTS = ["a cat sat on a mat", "the moon is far away", "", "cats and dogs"];
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `text number ${i} ${"of many ".repeat(i % 5)}`);
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, d) => Math.abs(value - b[d]!)));
const models = { embedder: fixture("tiny-bert-cls"), reranker: fixture("tiny-bert-reranker") } as const;
const threads = { threads: 2 } as const;

let server: BgeServer;
let embedder: Embedder;
let reranker: Reranker;
beforeAll(async () => {
  if (!hasLoopback) return;
  server = await serve({ ...models, port: 0, embedderOptions: threads, rerankerOptions: threads });
  embedder = await loadEmbedder(models.embedder, { ...threads, truncation: "silent" });
  reranker = await loadReranker(models.reranker, threads);
});
afterAll(async () => {
  await server?.close();
  await embedder?.dispose();
  await reranker?.dispose();
});

async function post(path: string, body: unknown, { url = server.url, headers = {} } = {}) {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const { status, headers: answered } = response;
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of any route
  const json: any = text === "" ? undefined : JSON.parse(text);
  return { status, headers: answered, json };
}

describe.skipIf(!hasLoopback)("the dialect of TEI", () => {
  test("/embed gives core's vectors, one text or many, without an instruction unless it is named", async () => {
    const expected = await embedder.embedDocuments(TEXTS);
    const { status, json } = await post("/embed", { inputs: TEXTS });
    expect(status).toBe(200);
    for (const [i, vector] of json.entries()) expect(furthest(vector, expected[i]!)).toBeLessThan(1e-5);
    const [alone] = (await post("/embed", { inputs: TEXTS[0] })).json;
    expect(furthest(alone, expected[0]!)).toBeLessThan(1e-5);
    const [query] = (await post("/embed", { inputs: TEXTS[0], prompt_name: "query" })).json;
    expect(furthest(query, await embedder.embedQuery(TEXTS[0]!))).toBeLessThan(1e-5);
    await using short = await loadEmbedder(models.embedder, { dimensions: 8 });
    const [cut] = (await post("/embed", { inputs: [TEXTS[0]], dimensions: 8 })).json;
    expect(furthest(cut, (await short.embedDocuments([TEXTS[0]!]))[0]!)).toBeLessThan(1e-5);
  });

  test("/embed_all has a row for each token, and /tokenize a token", async () => {
    const { json } = await post("/embed_all", { inputs: TEXTS });
    const expected = await embedder.embedTokens(TEXTS, { inputType: "document" });
    for (const [i, rows] of json.entries()) expect(furthest(rows.flat(), expected[i]!.data)).toBeLessThan(1e-5);
    const tokens = (await post("/tokenize", { inputs: TEXTS })).json;
    expect(tokens.map((list: unknown[]) => list.length)).toEqual(await embedder.countTokens(TEXTS));
    const special = tokens[0].map((token: { special: boolean }) => token.special);
    expect(special).toEqual([true, ...Array(special.length - 2).fill(false), true]);
    const bare = (await post("/tokenize", { inputs: TEXTS[0], add_special_tokens: false })).json;
    expect(bare[0]).toEqual(tokens[0].slice(1, -1));
  });

  test("/rerank ranks as core does, in sigmoid or logits", async () => {
    const expected = await reranker.rerank("where is the cat?", TEXTS);
    for (const raw_scores of [true, false]) {
      const body = { query: "where is the cat?", texts: TEXTS, raw_scores, return_text: true };
      const { json } = await post("/rerank", body);
      expect(json.map(({ index }: { index: number }) => index)).toEqual(expected.map(({ index }) => index));
      for (const [rank, { score, text, index }] of json.entries()) {
        const logit = expected[rank]!.score;
        expect(score).toBeCloseTo(raw_scores ? logit : 1 / (1 + Math.exp(-logit)), 5);
        expect(text).toBe(TEXTS[index]);
      }
    }
  });

  test("/info, /health and /metrics say what TEI's say", async () => {
    const info = await (await fetch(`${server.url}/info`)).json();
    expect(info).toMatchObject({
      model_dtype: "float32",
      model_type: { embedding: { pooling: "cls" }, reranker: { max_input_length: reranker.maxTokens } },
      max_input_length: embedder.maxTokens,
      auto_truncate: false,
    });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    const before = await metricsOf(server.url);
    await post("/embed", { inputs: TEXTS });
    await post("/embed", { inputs: 1 });
    const after = await metricsOf(server.url);
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown("te_request_count")).toBe(2);
    expect(grown("te_request_success")).toBe(1);
    expect(grown('te_request_failure{err="validation"}')).toBe(1);
    expect(grown("te_request_duration_count")).toBe(2);
    expect(grown("te_request_inference_duration_count")).toBe(1);
    expect(grown("te_batch_next_size_sum")).toBe(TEXTS.length);
    expect(after.get("te_queue_size")).toBe(0);
  });

  test("a text over the limit is refused in TEI's words, or cut where the request says so", async () => {
    const long = "far away ".repeat(embedder.maxTokens);
    const count = await embedder.countTokens(long);
    const refused = await post("/embed", { inputs: ["short", long] });
    expect(refused).toMatchObject({ status: 422, json: { error_type: "Validation" } });
    expect(refused.json.error).toContain(`must have less than ${embedder.maxTokens} tokens. Given: ${count}`);
    const { json } = await post("/embed", { inputs: ["short", long], truncate: true });
    expect(furthest(json[1], (await embedder.embedDocuments([long]))[0]!)).toBeLessThan(1e-5);
    await using cutting = await serve({ ...models, port: 0, autoTruncate: true, reranker: models.reranker });
    expect((await post("/embed", { inputs: long }, cutting)).status).toBe(200);
    expect((await post("/rerank", { query: long, texts: [long] }, cutting)).status).toBe(200);
    expect((await post("/rerank", { query: "x", texts: [long], truncate: false }, cutting)).status).toBe(422);
  });
});

describe.skipIf(!hasLoopback)("the dialect of OpenAI", () => {
  test("the openai package reads vectors and errors", async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
    const expected = await embedder.embedDocuments(TEXTS);
    for (const encoding_format of ["float", "base64", undefined] as const) {
      const given = encoding_format === undefined ? {} : { encoding_format };
      const { data, usage } = await client.embeddings.create({ model: "tiny", input: TEXTS, ...given });
      for (const [i, { embedding }] of data.entries()) {
        // The client decodes base64 itself, unless it was asked for.
        const bytes = Buffer.from(String(embedding), "base64");
        const vector =
          encoding_format === "base64" ? Array.from({ length: 48 }, (_, d) => bytes.readFloatLE(4 * d)) : embedding;
        expect(furthest(vector, expected[i]!)).toBeLessThan(1e-5);
      }
      expect(usage.prompt_tokens).toBe((await embedder.countTokens(TEXTS)).reduce((sum, count) => sum + count));
    }
    const { data } = await client.models.list();
    expect(data).toHaveLength(2);
    const bad = client.embeddings.create({ model: "tiny", input: [[1, 2]] });
    await expect(bad).rejects.toMatchObject({ status: 422, message: expect.stringContaining("token ids") });
  });

  test("OpenAIEmbeddings of LangChain embeds through it", async () => {
    const embeddings = new OpenAIEmbeddings({
      apiKey: "none",
      model: "tiny",
      configuration: { baseURL: `${server.url}/v1` },
      maxRetries: 0,
    });
    const vectors = await embeddings.embedDocuments(numbered(600));
    const expected = await embedder.embedDocuments(numbered(600));
    expect(vectors).toHaveLength(600);
    for (const [i, vector] of vectors.entries()) expect(furthest(vector, expected[i]!)).toBeLessThan(1e-5);
    expect(await embeddings.embedQuery("a cat")).toHaveLength(48);
  });

  test("/v1/rerank takes documents as Cohere and Jina have them", async () => {
    const documents = ["one", { text: "two" }, "three"];
    const { json } = await post("/v1/rerank", {
      model: "x",
      query: "two?",
      documents,
      top_n: 2,
      return_documents: true,
    });
    expect(json.results).toHaveLength(2);
    const [best] = await reranker.rerank("two?", ["one", "two", "three"]);
    expect(json.results[0]).toMatchObject({
      index: best!.index,
      document: { text: ["one", "two", "three"][best!.index] },
    });
    expect(json.results[0].relevance_score).toBeCloseTo(1 / (1 + Math.exp(-best!.score)), 5);
  });
});

describe.skipIf(!hasLoopback)("the remote engine", () => {
  test.each(["tei", "openai"] as const)("of api %s gives through it what the models here give", async (api) => {
    const url = api === "tei" ? server.url : `${server.url}/v1`;
    const { queryInstruction } = embedder.spec;
    const { maxTokens } = embedder;
    const model = api === "tei" ? undefined : embedder.spec.id;
    const common = { url, api, compareWith: models.embedder, ...(model !== undefined && { model, maxTokens }) };
    await using remote = await loadEmbedder({ ...common, queryInstruction });
    const texts = numbered(200);
    const expected = await embedder.embedDocuments(texts);
    for (const [i, vector] of (await remote.embedDocuments(texts)).entries()) {
      expect(furthest(vector, expected[i]!)).toBeLessThan(1e-5);
    }
    const ranking = { url, api, ...(api === "openai" && { model: reranker.spec.id, maxTokens: reranker.maxTokens }) };
    await using ranker = await loadReranker({ ...ranking, compareWith: models.reranker }, { scale: "sigmoid" });
    const ranked = await ranker.rerank("number 3?", texts, { topN: 3 });
    const wanted = await reranker.rerank("number 3?", texts, { topN: 3 });
    expect(ranked.map(({ index }) => index)).toEqual(wanted.map(({ index }) => index));
  });

  test("has the sparse vectors of a model that has some, beside its dense ones", async () => {
    const outputs = ["dense", "sparse"] as const;
    await using served = await serve({ embedder: fixture("tiny-m3"), port: 0 });
    await using here = await loadEmbedder(fixture("tiny-m3"), { outputs });
    await using remote = await loadEmbedder({ url: served.url, api: "tei", dimensions: 32 }, { outputs });
    const texts = TEXTS.filter((text) => text !== "");
    const [theirs, ours] = await Promise.all(
      [remote, here].map((model) => model.embed(texts, { inputType: "document", outputs })),
    );
    for (const [i, { dense, sparse }] of theirs!.entries()) {
      expect(furthest(dense, ours![i]!.dense)).toBeLessThan(1e-5);
      expect(sparse.indices).toEqual(ours![i]!.sparse.indices);
      expect(furthest(sparse.values, ours![i]!.sparse.values)).toBeLessThan(1e-5);
    }
  });

  test("reports what the server cut, with TEI's numbers", async () => {
    const reports: unknown[] = [];
    await using remote = await loadEmbedder(
      { url: server.url, api: "tei", instructions: "server" },
      { truncation: "silent", onTruncate: (report) => void reports.push(report) },
    );
    const long = "far away ".repeat(embedder.maxTokens);
    await remote.embedDocuments(["short", long]);
    const tokens = await embedder.countTokens(long);
    expect(reports).toEqual([{ index: 1, inputType: "document", tokens, kept: embedder.maxTokens }]);
    expect(furthest(await remote.embedQuery("what?"), await embedder.embedQuery("what?"))).toBeLessThan(1e-5);
  });
});

describe.skipIf(!hasLoopback)("refuses", () => {
  test.each([
    ["/embed", {}, 422],
    ["/embed", { inputs: [] }, 400],
    ["/embed", { inputs: [1, 2] }, 422],
    ["/embed", { inputs: ["a", null] }, 422],
    ["/embed", { inputs: "\ud800" }, 422],
    ["/embed", { inputs: "a", dimensions: 0 }, 422],
    ["/embed", { inputs: "a", dimensions: 49 }, 422],
    ["/embed", { inputs: "a", normalize: false }, 422],
    ["/embed", { inputs: "a", truncate: "yes" }, 422],
    ["/embed", { inputs: "a", truncation_direction: "Left" }, 422],
    ["/embed", { inputs: "a", prompt_name: "passage" }, 422],
    ["/embed", "[]", 422],
    ["/embed", "{", 400],
    ["/embed_sparse", { inputs: "a" }, 424],
    ["/rerank", { texts: ["a"] }, 422],
    ["/rerank", { query: " ", texts: ["a"] }, 422],
    ["/rerank", { query: "a", documents: [{ body: "b" }] }, 422],
    ["/rerank", { query: "a", documents: ["b"], top_n: 0 }, 422],
    ["/v1/embeddings", { input: "a", encoding_format: "hex" }, 422],
    ["/tokenize", { inputs: "x".repeat(300_000) }, 413],
    ["/embed", { inputs: "x".repeat(2_000_001) }, 413],
    ["/nothing", {}, 404],
    ["/info", {}, 405],
  ])("%s %j with %i", async (path, body, status) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    if (!path.startsWith("/v1"))
      expect(answer.json).toMatchObject({ error: expect.any(String), error_type: expect.any(String) });
    else expect(answer.json).toMatchObject({ error: { message: expect.any(String) } });
    expect((await post("/embed", { inputs: "still there?" })).status).toBe(200);
  });

  test("more texts than allowed, another content type, and what this server does not have", async () => {
    await using small = await serve({ embedder: false, reranker: models.reranker, port: 0, maxBatchTexts: 2 });
    expect(await post("/rerank", { query: "a", texts: ["a", "b", "c"] }, small)).toMatchObject({
      status: 422,
      json: { error: "batch size 3 > maximum allowed batch size 2" },
    });
    expect((await post("/embed", { inputs: "a" }, small)).status).toBe(424);
    expect((await post("/embed", { inputs: "a" }, { headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await post("/rerank", { query: "a", texts: ["a"] }, small)).status).toBe(200);
  });

  test("requests without the key, with an empty body as TEI does; health and metrics stay open", async () => {
    process.env["BGE_TEST_SERVER_KEY"] = "open sesame";
    await using locked = await serve({ ...models, port: 0, apiKey: { env: "BGE_TEST_SERVER_KEY" } });
    delete process.env["BGE_TEST_SERVER_KEY"];
    for (const authorization of ["", "Bearer", "Bearer open", "Bearer open sesame!", "open sesame"]) {
      const answer = await post("/embed", { inputs: "a" }, { url: locked.url, headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, json: undefined });
    }
    const headers = { authorization: "Bearer open sesame" };
    expect((await post("/embed", { inputs: "a" }, { url: locked.url, headers })).status).toBe(200);
    for (const path of ["/health", "/metrics"]) expect((await fetch(locked.url + path)).status).toBe(200);
    const missing = serve({ ...models, port: 0, apiKey: { env: "BGE_TEST_SERVER_KEY" } });
    await expect(missing).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "apiKey" });
  });

  test.each([
    ["apiKey", { apiKey: "secret" }],
    ["port", { port: 70_000 }],
    ["host", { host: "" }],
    ["embedder", { embedder: false }],
    ["maxBodyBytes", { maxBodyBytes: 0 }],
    ["listen", { listen: 1 }],
  ])("a bad %s", async (parameter, options) => {
    const refused = serve(options as object);
    await expect(refused).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
    await expect(refused).rejects.not.toThrow(/secret/);
  });

  test("a port that is taken", async () => {
    const refused = serve({ ...models, port: server.port });
    await expect(refused).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "port" });
  });
});

describe.skipIf(!hasLoopback)("under load", () => {
  test("over the limit of requests is 429 with Retry-After, and no accepted request is lost", async () => {
    await using small = await serve({ ...models, port: 0, maxConcurrentRequests: 3 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => post("/embed", { inputs: numbered(20) }, small)),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers, json } of refused) {
      expect(headers.get("retry-after")).toBe("1");
      expect(json.error_type).toBe("Overloaded");
    }
    const done = answers.filter(({ status }) => status === 200);
    expect(done.length + refused.length).toBe(40);
    expect(done.length).toBeGreaterThanOrEqual(3);
    for (const { json } of done) expect(json).toHaveLength(20);
  });

  test("128 clients at once each get their own vectors", async () => {
    const clients = Array.from({ length: 128 }, (_, i) => numbered(3).map((text) => `${text} for ${i}`));
    const answers = await Promise.all(clients.map((inputs) => post("/embed", { inputs })));
    const expected = await embedder.embedDocuments(clients.flat());
    for (const [i, { status, json }] of answers.entries()) {
      expect(status).toBe(200);
      for (const [j, vector] of json.entries()) expect(furthest(vector, expected[3 * i + j]!)).toBeLessThan(1e-5);
    }
  });

  test("a client that leaves stops its work", async () => {
    const outcomes: string[] = [];
    const started = new Promise<void>((resolve) => {
      const stop = onEvent("bge-js:call-start", () => {
        stop();
        resolve();
      });
    });
    const stop = onEvent("bge-js:call", ({ outcome }) => void outcomes.push(outcome));
    const body = JSON.stringify({ inputs: Array.from({ length: 2000 }, (_, i) => `${i} ${"word ".repeat(80)}`) });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const leaving = request(`${server.url}/embed`, { method: "POST", headers });
    leaving.on("error", () => {});
    leaving.end(body);
    await started;
    leaving.destroy();
    while (outcomes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop();
    expect(outcomes).toEqual(["aborted"]);
    expect((await metricsOf(server.url)).get("te_queue_size")).toBe(0);
  });

  test("close finishes what was accepted, refuses the rest, and can be called twice", async () => {
    const closing = await serve({ ...models, port: 0 });
    const slow = post("/embed", { inputs: numbered(1500) }, closing);
    while (((await metricsOf(closing.url)).get("te_queue_size") ?? 0) === 0) await new Promise((r) => setTimeout(r, 2));
    await Promise.all([closing.close(), closing.close()]);
    const { status, json } = await slow;
    expect(status).toBe(200);
    expect(json).toHaveLength(1500);
    await expect(fetch(`${closing.url}/health`)).rejects.toThrow();
  });

  test("after graceMs, close ends what is left", async () => {
    const closing = await serve({ ...models, port: 0, graceMs: 20 });
    // A body that never ends.
    const hanging = request(`${closing.url}/embed`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": 100 },
    });
    const ended = once(hanging, "error");
    hanging.write("{");
    while (((await metricsOf(closing.url)).get("te_queue_size") ?? 0) === 0) await new Promise((r) => setTimeout(r, 2));
    await closing.close();
    await ended;
  });
});

/** The numbers of /metrics by name and labels. */
async function metricsOf(url: string): Promise<Map<string, number>> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

test.skipIf(!hasLoopback)("a text has one vector, alone or in a list, where documents get an instruction", async () => {
  const directory = fixture("tiny-bert-cls");
  await using served = await serve({ embedder: { directory, documentInstruction: "passage: " }, port: 0 });
  const vectors = async (inputs: unknown, more: object = {}) => {
    const body = JSON.stringify({ inputs, ...more });
    const headers = { "content-type": "application/json" };
    return (await fetch(`${served.url}/embed`, { method: "POST", headers, body })).json() as Promise<number[][]>;
  };
  const [alone] = await vectors("a cat");
  const [first] = await vectors(["a cat", "the moon"]);
  expect(furthest(first!, alone!)).toBeLessThan(1e-5);
  const [instructed] = await vectors(["a cat", "the moon"], { prompt_name: "document" });
  expect(furthest(instructed!, alone!)).toBeGreaterThan(1e-3);
});
