import { createServer } from "node:http";
import { type BgeError, type Embedder, loadEmbedder, loadReranker, onEvent, type RemoteModel } from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";
import { openaiDouble, refer, teiDouble } from "../support/servers/dialects.js";
import {
  changes,
  type Double,
  hangs,
  replies,
  resets,
  resetsMidway,
  serve,
  truncates,
} from "../support/servers/http-double.js";

const TEXTS = ["one", "two", "three"];
const OVERLOADED = { status: 429, json: { error: "Model is overloaded", error_type: "Overloaded" } };
const NOW = { ...OVERLOADED, headers: { "retry-after": "0" } };

let local: Embedder;
let expected: Float32Array[];
beforeAll(async () => {
  local = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 2, truncation: "silent" });
  expected = await local.embedDocuments(TEXTS);
});
afterAll(() => local.dispose());

const failure = (promise: Promise<unknown>): Promise<BgeError> =>
  promise.then(
    () => expect.unreachable("it did not fail"),
    (error) => error,
  );
function expectExpected(vectors: readonly (Float32Array | undefined)[]): void {
  for (const [i, vector] of vectors.entries()) {
    expect(Math.max(...vector!.map((value, d) => Math.abs(value - expected[i]![d]!)))).toBeLessThan(1e-6);
  }
}

describe.skipIf(!hasLoopback)("a fault that passes", () => {
  let server: Double;
  let remote: Embedder;
  beforeAll(async () => {
    server = await teiDouble({ embedder: local });
    remote = await loadEmbedder(refer(server.url, { timeoutMs: 300 }));
  });
  afterAll(async () => {
    await remote.dispose();
    await server.close();
  });

  test.each([
    ["a 429 that says when to come again", replies(NOW)],
    ["a 503", replies({ ...NOW, status: 503 })],
    ["a 502 of a proxy", replies({ status: 502, text: "<html>Bad Gateway</html>" })],
    ["a connection that is reset", resets],
    ["a connection that is reset in the middle of the answer", resetsMidway],
    ["JSON that is cut", truncates],
    ["silence", hangs],
  ])("%s costs another try, and nothing else", async (_, fault) => {
    server.faults.push(fault);
    expectExpected(await remote.embedDocuments(TEXTS));
  });
});

describe.skipIf(!hasLoopback)("a fault that stays", () => {
  const open = async (more: Partial<RemoteModel> = {}) => {
    const server = await teiDouble({ embedder: local });
    return { server, remote: await loadEmbedder(refer(server.url, { attempts: 2, ...more })) };
  };

  test.each([
    ["too few vectors", changes((json: unknown[]) => json.slice(1)), /2 results for 3 texts/],
    [
      "a wrong width",
      changes((json: number[][]) => json.map((one) => one.slice(1))),
      /47 numbers, and the model's have 48/,
    ],
    ["null in the place of NaN", changes((json: number[][]) => [[null], ...json.slice(1)]), /null in it/],
    ["no list", changes(() => ({ error: "odd" })), /not a list/],
  ])("%s is an error, and no vector is returned", async (_, fault, message) => {
    const { server, remote } = await open();
    server.always = fault;
    const error = await failure(remote.embedDocuments(TEXTS));
    expect(error).toMatchObject({ code: "SERVER_FAILED", indices: [0, 1, 2] });
    expect(error.message).toMatch(message);
    await remote.dispose();
    await server.close();
  });

  test("vectors of zeros are the model's failure, and the others are kept", async () => {
    const { server, remote } = await open();
    server.always = changes((json: number[][]) => [json[0], json[1]!.map(() => 0), json[2]]);
    const error = await failure(remote.embedDocuments(TEXTS));
    expect(error).toMatchObject({ code: "INFERENCE_FAILED", indices: [1] });
    expect(error.completed!.map((one) => one !== undefined)).toEqual([true, false, true]);
    await remote.dispose();
    await server.close();
  });

  test("overload is OVERLOADED after as many tries as allowed", async () => {
    const { server, remote } = await open();
    server.always = replies(NOW);
    const before = server.bodies("/embed").length;
    await expect(remote.embedDocuments(TEXTS)).rejects.toMatchObject({ code: "OVERLOADED" });
    expect(server.bodies("/embed").length - before).toBe(2);
    server.always = undefined;
    expectExpected(await remote.embedDocuments(TEXTS));
    await remote.dispose();
    await server.close();
  });

  test("a server that is gone is SERVER_FAILED, also for calls that come later, until it is back", async () => {
    const { server, remote } = await open();
    await server.close();
    await expect(remote.embedDocuments(TEXTS)).rejects.toMatchObject({ code: "SERVER_FAILED" });
    await expect(remote.embedQuery("later")).rejects.toMatchObject({ code: "SERVER_FAILED" });
    await using again = await teiDouble({ embedder: local }, Number(new URL(server.url).port));
    expectExpected(await remote.embedDocuments(TEXTS));
    expect(again.got.map(({ path }) => path)).toContain("/health");
    await remote.dispose();
  });

  test("one text that the server cannot take is named, and the others get their vectors", async () => {
    const { server, remote } = await open();
    const texts = Array.from({ length: 70 }, (_, i) => (i === 41 ? "poison" : `text ${i}`));
    server.always = async (response, got, answer) => {
      const isBad = (got.body.inputs as string[]).includes("poison");
      const refusal = { status: 422, json: { error: "no poison here", error_type: "Validation" } };
      await replies(isBad ? refusal : await answer())(response, got, answer);
    };
    const error = await failure(remote.embedDocuments(texts));
    expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [41] });
    expect(error.message).toContain("no poison here");
    expect(error.completed!.filter((one) => one !== undefined)).toHaveLength(69);
    await remote.dispose();
    await server.close();
  });

  test("an aborted call closes its connection", async () => {
    const { server, remote } = await open();
    const closed = new Promise<void>((resolve) => {
      server.always = (response) => void response.on("close", resolve);
    });
    const controller = new AbortController();
    const call = failure(remote.embedDocuments(TEXTS, { signal: controller.signal }));
    while (server.bodies("/embed").length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort("enough");
    expect(await call).toBe("enough");
    await closed;
    await remote.dispose();
    await server.close();
  });
});

describe.skipIf(!hasLoopback)("limits", () => {
  test("the server's batch is kept, even a smaller one than asked for, and so is the concurrency", async () => {
    await using server = await teiDouble({ embedder: local, most: 5 });
    await using remote = await loadEmbedder(refer(server.url, { maxBatchTexts: 20, concurrency: 2 }));
    await remote.embedDocuments(Array.from({ length: 64 }, (_, i) => `text ${i}`));
    const sizes = server.bodies("/embed").map(({ inputs }) => inputs.length);
    expect(Math.max(...sizes)).toBe(5);
    expect(server.peak()).toBeLessThanOrEqual(2);
  });

  test("long texts make smaller batches", async () => {
    await using server = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(refer(server.url, { maxBatchCharacters: 100 }));
    await remote.embedDocuments(["x".repeat(60), "y".repeat(30), "z".repeat(30), "w".repeat(300)]);
    const sizes = server.bodies("/embed").map(({ inputs }) => inputs.length);
    expect(sizes).toEqual([1, 2, 1, 1]);
  });

  test("more waiting than maxQueuedTokens is refused before anything is sent", async () => {
    await using server = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(refer(server.url), { maxQueuedTokens: 10 });
    const first = remote.embedDocuments(Array.from({ length: 100 }, (_, i) => `text ${i}`));
    await expect(remote.embedDocuments(TEXTS)).rejects.toMatchObject({ code: "OVERLOADED" });
    expect(await first).toHaveLength(100);
  });
});

describe.skipIf(!hasLoopback)("several servers", () => {
  test("share the work, and go on without one that is lost in the middle", async () => {
    await using one = await teiDouble({ embedder: local });
    const other = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(refer([one.url, other.url], { concurrency: 1 }));
    const texts = Array.from({ length: 300 }, (_, i) => `text ${i}`);
    const wanted = await local.embedDocuments(texts);
    const call = remote.embedDocuments(texts);
    while (other.bodies("/embed").length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await other.close();
    const vectors = await call;
    for (const [i, vector] of vectors.entries()) {
      expect(Math.max(...vector.map((value, d) => Math.abs(value - wanted[i]![d]!)))).toBeLessThan(1e-6);
    }
    expect(one.bodies("/embed").length).toBeGreaterThan(4);
  });

  test("one that is away at load does not matter; one with another model does", async () => {
    await using one = await teiDouble({ embedder: local });
    const gone = await teiDouble({ embedder: local });
    await gone.close();
    await using remote = await loadEmbedder(refer([gone.url, one.url], { attempts: 1 }));
    expectExpected(await remote.embedDocuments(TEXTS));

    await using mean = await loadEmbedder(fixture("tiny-bert-mean"));
    await using stranger = await teiDouble({ embedder: mean });
    const error = await failure(loadEmbedder(refer([one.url, stranger.url])));
    expect(error).toMatchObject({ code: "MODEL_MISMATCH", parameter: "url" });
  });
});

describe.skipIf(!hasLoopback)("what a server must be", () => {
  test("the model that was asked for, of the width that was stated", async () => {
    await using server = await teiDouble({ embedder: local });
    const other = { code: "MODEL_MISMATCH", parameter: "model" };
    await expect(loadEmbedder(refer(server.url, { model: "BAAI/bge-m3" }))).rejects.toMatchObject(other);
    const width = { code: "MODEL_MISMATCH", parameter: "dimensions" };
    await expect(loadEmbedder(refer(server.url, { dimensions: 47 }))).rejects.toMatchObject(width);
    await expect(loadEmbedder(refer(server.url, { id: "BAAI/bge-m3" }))).rejects.toMatchObject(width);
    await expect(loadReranker({ url: server.url, api: "tei" })).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
    const instruction = { code: "MODEL_MISMATCH", parameter: "queryInstruction" };
    await expect(loadEmbedder({ url: server.url, api: "tei" })).rejects.toMatchObject(instruction);
  });

  test("the same as the model here, if there is one to compare with", async () => {
    await using server = await teiDouble({ embedder: local });
    const same = { queryInstruction: local.spec.queryInstruction, compareWith: fixture("tiny-bert-cls") };
    await (await loadEmbedder(refer(server.url, same))).dispose();
    const other = { ...same, compareWith: fixture("tiny-bert-mean") };
    const mismatch = { code: "MODEL_MISMATCH", parameter: "compareWith" };
    await expect(loadEmbedder(refer(server.url, other))).rejects.toMatchObject(mismatch);
    // Documents are alike, and only a query shows that nobody adds the instruction.
    const bare = failure(loadEmbedder(refer(server.url, { ...same, queryInstruction: "Unlike: ".repeat(20) })));
    expect(await bare).toMatchObject(mismatch);
    expect((await bare).message).toMatch(/for a query/);
  });

  test("no redirect, wherever to", async () => {
    await using server = await teiDouble({ embedder: local });
    const elsewhere = createServer((_, response) => response.writeHead(308, { location: server.url }).end());
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as { readonly port: number };
    const error = await failure(loadEmbedder(refer(`http://127.0.0.1:${port}`)));
    expect(error).toMatchObject({ code: "SERVER_FAILED" });
    expect(error.message).toContain(server.url);
    expect(server.got).toEqual([]);
    elsewhere.close();
  });
});

describe.skipIf(!hasLoopback)("the key", () => {
  const KEY = "secret-0123456789";

  test("comes from the environment or a function, and is in no message and no event", async () => {
    await using server = await openaiDouble({ embedder: local, key: KEY });
    const reference = { url: `${server.url}/v1`, api: "openai", maxTokens: 64, queryInstruction: "" } as const;
    const events: unknown[] = [];
    const stop = onEvent("bge-js:load", (event) => events.push(event));
    process.env["BGE_TEST_KEY"] = KEY;
    await (await loadEmbedder({ ...reference, apiKey: { env: "BGE_TEST_KEY" } })).dispose();
    await (await loadEmbedder({ ...reference, apiKey: async () => KEY })).dispose();
    process.env["BGE_TEST_KEY"] = "wrong-0123456789";
    const error = await failure(loadEmbedder({ ...reference, apiKey: { env: "BGE_TEST_KEY" } }));
    delete process.env["BGE_TEST_KEY"];
    stop();
    expect(error).toMatchObject({ code: "ACCESS_DENIED" });
    expect(error.message).toContain("***");
    for (const told of [error.message, String(error.cause), JSON.stringify(events)]) {
      expect(told).not.toMatch(/secret-|wrong-/);
    }
    expect(events.map((event) => (event as { outcome: string }).outcome)).toEqual(["ok", "ok", "ACCESS_DENIED"]);
    const missing = loadEmbedder({ ...reference, apiKey: { env: "BGE_TEST_KEY" } });
    await expect(missing).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "apiKey" });
  });

  test("is in no message either where a long one is cut", async () => {
    const long = `${KEY}${"z".repeat(150)}`;
    // Wherever the cut goes through the key.
    for (const before of [120, 200, 280]) {
      const text = `${"w".repeat(before)} ${long} is wrong`;
      await using server = await serve(() => ({ status: 401, text }));
      const reference = { url: `${server.url}/v1`, api: "openai", maxTokens: 64, queryInstruction: "" } as const;
      const { message } = await failure(loadEmbedder({ ...reference, apiKey: () => long }));
      expect(message).toContain("***");
      expect(message).not.toMatch(/secret/);
    }
  });

  test("401 with an empty body, as TEI answers, says what to check", async () => {
    await using server = await teiDouble({ embedder: local, key: KEY });
    const error = await failure(loadEmbedder(refer(server.url)));
    expect(error).toMatchObject({ code: "ACCESS_DENIED" });
    expect(error.message).toMatch(/apiKey/);
  });
});

describe("refuses", () => {
  const url = "http://127.0.0.1:1";
  test.each([
    ["url", { url: "127.0.0.1:80" }],
    ["url", { url: [] }],
    ["url", { url: "ftp://host" }],
    ["url", { url: "http://user:pass@host" }],
    ["url", { url: "http://host?key=1" }],
    ["url", { url: [url, `${url}/`] }],
    ["api", { api: "grpc" }],
    ["api", { api: undefined }],
    ["apiKey", { apiKey: "secret" }],
    ["apiKey", { apiKey: { env: "" } }],
    ["headers", { headers: { a: 1 } }],
    ["path", { path: "embed" }],
    ["concurrency", { concurrency: 0 }],
    ["timeoutMs", { timeoutMs: 2 ** 40 }],
    ["attempts", { attempts: 1.5 }],
    ["directory", { directory: "./x" }],
    ["instructions", { instructions: "both" }],
    ["scores", { scores: "cosine" }],
    ["maxTokens", { maxTokens: -1 }],
    ["compareWith", { compareWith: 7 }],
  ])("a bad %s: %j", async (parameter, more) => {
    const model = { ...refer(url), ...more } as RemoteModel;
    const error = await failure(loadEmbedder(model));
    expect(error).toMatchObject({ code: "INVALID_OPTION", parameter });
    expect(error.message).not.toMatch(/secret|pass@/);
  });

  test.each(["dtype", "threads", "workers", "device", "revision", "maxTokens", "endpoint"])(
    "the option %s, which is about this machine",
    async (parameter) => {
      const values = { dtype: "int8", device: "cpu", revision: "main", endpoint: "https://x" };
      const options = { [parameter]: values[parameter as keyof typeof values] ?? 1 };
      await expect(loadEmbedder(refer(url), options)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
    },
  );
});
