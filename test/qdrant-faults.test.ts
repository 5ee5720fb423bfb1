import { type Embedder, loadEmbedder } from "@bge-js/core";
import { loadQdrantRetriever, type QdrantRetriever } from "@bge-js/qdrant";
import { QdrantClient } from "@qdrant/js-client-rest";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";
import { type QdrantDouble, startQdrantDouble } from "./support/qdrant-double.js";

const TEXTS = Array.from({ length: 40 }, (_, i) => ({ id: `n${i}`, text: `text number ${i}` }));
const STORE = /^PUT .*points$/;

/** A server that is slow, away or wrong: what no real one does when asked. */
describe.skipIf(!hasLoopback)("@bge-js/qdrant and a server in trouble", () => {
  let double: QdrantDouble;
  let client: QdrantClient;
  let embedder: Embedder;
  let retriever: QdrantRetriever;
  let collections = 0;

  beforeAll(async () => {
    double = await startQdrantDouble();
    client = new QdrantClient({ url: double.url, checkCompatibility: false });
    embedder = await loadEmbedder({ directory: fixture("tiny-bert-cls"), lateInteraction: true });
  });
  afterAll(async () => {
    await embedder.dispose();
    await double[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    double.losePoints = false;
    double.faults.length = 0;
    const collection = `docs-${collections++}`;
    retriever = await loadQdrantRetriever({ client, collection, embedder, reranker: false });
  });
  const stores = () => double.requests.filter((request) => STORE.test(request)).length;

  test("a request that fails is sent again: busy, down, cut off", async () => {
    double.faults = [
      { request: STORE, status: 429, retryAfter: "0" },
      { request: STORE, status: 503 },
      { request: STORE, status: 0 },
      { request: /batch$/, status: 502 },
    ];
    expect(await retriever.add(TEXTS)).toEqual({ added: 40, replaced: 0, unchanged: 0 });
    expect((await retriever.search("text number 7", { stages: ["lexical"] })).results[0]!.id).toBe("n7");
    expect(double.faults).toEqual([]);
  });

  test("a bulk load goes on after a server that was away for seconds", async () => {
    // The first request of a load changes the metadata.
    for (const [request, length] of [
      [/^PATCH /, 5],
      [STORE, 6],
    ] as const) {
      double.faults.push(...Array.from({ length }, (_, i) => ({ request, status: i % 2 === 0 ? 0 : 503 })));
    }
    expect(await retriever.add(TEXTS)).toEqual({ added: 40, replaced: 0, unchanged: 0 });
  }, 60_000);

  test("a request that fails for good ends the call, and a second call goes on where it ended", async () => {
    const many = Array.from({ length: 600 }, (_, i) => ({ id: `many ${i}`, text: `text number ${i}` }));
    const refuse = () => {
      double.faults = [{ request: STORE, status: 403 }];
    };
    const error = await retriever.add(many, { onProgress: refuse }).catch((error) => error);
    double.faults = [];
    expect(error).toMatchObject({ code: "STORE_FAILED" });
    expect(error.message).toMatch(/could not store documents in docs-\d+: .*status 403/);
    const { added, unchanged } = await retriever.add(many);
    expect(unchanged).toBeGreaterThan(0);
    expect(added + unchanged).toBe(600);
  });

  test("what is refused is not sent again as it was, but in halves, until the documents at fault are alone", async () => {
    double.faults = [{ request: STORE, status: 400 }];
    expect(await retriever.add(TEXTS)).toEqual({ added: 40, replaced: 0, unchanged: 0 });
    // The whole, and then each first half down to one document.
    double.faults = Array.from({ length: 7 }, () => ({ request: STORE, status: 400 }));
    const others = TEXTS.map(({ id, text }) => ({ id: `more ${id}`, text }));
    const error = await retriever.add(others).catch((error) => error);
    expect(error).toMatchObject({ code: "STORE_FAILED", index: 0, indices: [0] });
    expect(error.message).toContain("39 others were added");
    expect(await retriever.count()).toBe(79);
  });

  test("a server that says when to ask again is asked for longer, and a search is given up as soon as ever", async () => {
    const busy = { status: 429, retryAfter: "0" };
    double.faults = Array.from({ length: 12 }, () => ({ request: STORE, ...busy }));
    expect(await retriever.add(TEXTS)).toEqual({ added: 40, replaced: 0, unchanged: 0 });
    double.faults = Array.from({ length: 4 }, () => ({ request: /batch$/, ...busy }));
    await expect(retriever.search("x")).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(double.faults).toHaveLength(1);
  });

  test("a request that is larger than a rate limit allows is sent in halves", async () => {
    const told =
      "Write rate limit exceeded, request larger than rate limiter capacity, please try to split your request";
    double.faults = [{ request: STORE, status: 429, told: `Rate limiting exceeded: ${told}` }];
    const before = stores();
    expect(await retriever.add(TEXTS)).toEqual({ added: 40, replaced: 0, unchanged: 0 });
    expect(stores() - before).toBe(3);
  });

  test("a document that is confirmed and not there is named", async () => {
    double.losePoints = true;
    const error = await retriever.add(TEXTS).catch((error) => error);
    expect(error).toMatchObject({ code: "STORE_FAILED", index: 0, indices: [0] });
    expect(error.message).toContain("does not give it back as it was sent");
  });

  test("a key that may not is said at once", async () => {
    double.faults = [{ request: /batch$/, status: 403 }];
    const error = await retriever.search("x").catch((error) => error);
    expect(error).toMatchObject({ code: "STORE_FAILED" });
    expect(error.message).toMatch(/status 403.* apiKey/);
  });

  test("long documents go in requests far below the server's limit", async () => {
    const long = Array.from({ length: 12 }, (_, i) => ({ id: `l${i}`, text: `${i} ${"word ".repeat(100_000)}` }));
    const from = double.bytes.length;
    expect((await retriever.add(long)).added).toBe(12);
    expect(Math.max(...double.bytes.slice(from))).toBeLessThan(2 ** 21);
    const huge = { id: "huge", text: "x".repeat(2 ** 24), more: "y".repeat(2 ** 24) };
    const error = await retriever.add([huge, ...TEXTS]).catch((error) => error);
    expect(error).toMatchObject({ code: "STORE_FAILED", indices: [0] });
    expect(error.message).toMatch(/larger than allowed.* 40 others were added/s);
  });

  test("two processes that make the same collection at once both have it", async () => {
    const options = { client, collection: "raced", embedder, reranker: false } as const;
    const both = await Promise.all([loadQdrantRetriever(options), loadQdrantRetriever(options)]);
    await Promise.all(both.map((one, i) => one.add(TEXTS.slice(20 * i, 20 * i + 20))));
    expect(await both[0]!.count()).toBe(40);
  });

  test("a server that is away is said, with its reason", async () => {
    const away = new QdrantClient({ url: "http://127.0.0.1:1", checkCompatibility: false });
    const options = { client: away, collection: "docs", embedder, reranker: false } as const;
    const error = await loadQdrantRetriever(options).catch((error) => error);
    expect(error).toMatchObject({ code: "STORE_FAILED" });
    expect(error.message).toMatch(
      /could not describe the collection docs: fetch failed: .+ Check that the server runs/,
    );
  });
});
