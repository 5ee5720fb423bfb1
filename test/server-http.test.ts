import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { loadEmbedder } from "@bge-js/core";
import { type BgeServer, serve } from "@bge-js/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";

const models = {
  embedder: fixture("tiny-bert-cls"),
  reranker: fixture("tiny-bert-reranker"),
  port: 0,
  embedderOptions: { threads: 2 },
  rerankerOptions: { threads: 2 },
} as const;
const JSON_TYPE = { "content-type": "application/json" };

let server: BgeServer;
beforeAll(async () => {
  if (hasLoopback) server = await serve(models);
});
afterAll(() => server?.close());

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}, url = server.url) =>
  fetch(url + path, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body });
const countOf = async ({ url }: BgeServer, name: string) => {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split("\n");
  return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length) ?? 0);
};

describe.skipIf(!hasLoopback)("connections", () => {
  test("outlive refusals, as their answers say: one connection serves what is refused and what is not", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await using busy = await serve({ ...models, reranker: models.reranker, maxConcurrentRequests: 1 });
    const hanging = request(`${busy.url}/embed`, { method: "POST", headers: { ...JSON_TYPE, "content-length": 9 } });
    hanging.on("error", () => {}).write("{");
    while ((await countOf(busy, "te_queue_size")) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const ask = async (url: string, method: string, body?: string) => {
      const sent = request(url, { agent, method, headers: body === undefined ? {} : JSON_TYPE }).end(body);
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      await once(answer.resume(), "end");
      return answer.statusCode;
    };
    for (let i = 0; i < 3; i++) {
      expect(await ask(`${server.url}/nothing`, "GET")).toBe(404);
      expect(await ask(`${server.url}/nothing`, "POST", '{"inputs":"a"}')).toBe(404);
      expect(await ask(`${server.url}/info`, "POST", "{}")).toBe(405);
      expect(await ask(`${server.url}/embed`, "POST", '{"inputs":"a"}')).toBe(200);
      expect(await ask(`${busy.url}/embed`, "POST", '{"inputs":"a"}')).toBe(429);
    }
    hanging.destroy();
    agent.destroy();
  });

  test("end where a body is longer than allowed, and their answers say so", async () => {
    const chunk = `${(1 << 16).toString(16)}\r\n${"x".repeat(1 << 16)}\r\n`;
    const head = "POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for (const sent of [
      `${head}Content-Length: 3000000\r\n\r\n{`,
      `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}`,
    ]) {
      const socket = connect(server.port, "127.0.0.1");
      let answer = "";
      socket.on("data", (data) => {
        answer += data;
      });
      socket.write(sent);
      await once(socket, "close");
      expect(answer).toMatch(/^HTTP\/1.1 413 /);
      expect(answer).toMatch(/^connection: close\r$/im);
    }
  });

  test("are told to end while the server shuts down", async () => {
    const closing = await serve(models);
    const slow = post("/embed", JSON.stringify({ inputs: Array(1000).fill("a few words of text") }), {}, closing.url);
    while ((await countOf(closing, "te_queue_size")) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const closed = closing.close();
    expect((await slow).headers.get("connection")).toBe("close");
    await closed;
  });

  test("of clients that do not read their answer take one of the places for requests", async () => {
    await using small = await serve({ ...models, maxConcurrentRequests: 1 });
    const body = JSON.stringify({ inputs: Array(60).fill("a few words ".repeat(160)), truncate: true });
    const idle = connect(small.port, "127.0.0.1");
    idle.pause();
    idle.write(
      `POST /embed_all HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    while ((await countOf(small, "te_request_success")) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await post("/embed", '{"inputs":"a"}', {}, small.url)).status).toBe(429);
    idle.destroy();
    let status = 429;
    while (status === 429) ({ status } = await post("/embed", '{"inputs":"a"}', {}, small.url));
    expect(status).toBe(200);
  });
});

describe.skipIf(!hasLoopback)("methods and headers", () => {
  test("HEAD is GET without a body, and 405 lists what is allowed", async () => {
    for (const path of ["/info", "/v1/models", "/health"]) {
      const answer = await fetch(server.url + path, { method: "HEAD" });
      expect([answer.status, await answer.text()]).toEqual([200, ""]);
    }
    for (const [path, method, allow] of [
      ["/info", "POST", "GET, HEAD"],
      ["/embed", "GET", "POST"],
      ["/embed", "OPTIONS", "POST"],
    ] as const) {
      const answer = await fetch(server.url + path, { method });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    }
  });

  test("the key is found whatever the case of its scheme, without the line break of a file of secrets", async () => {
    await using locked = await serve({ ...models, apiKey: () => "open sesame\n" });
    const status = async (authorization: string) =>
      (await post("/embed", '{"inputs":"a"}', { authorization }, locked.url)).status;
    for (const scheme of ["Bearer", "bearer", "BEARER"]) expect(await status(`${scheme} open sesame`)).toBe(200);
    for (const other of ["Bearer", "Basic open sesame", "Bearer open", "Beareropen sesame"]) {
      expect(await status(other)).toBe(401);
    }
    const refused = await post("/embed", "{}", {}, locked.url);
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("a key that no header can hold is refused at once", async () => {
    for (const key of ["schlüssel", "two\nlines", " \n"]) {
      const refused = serve({ ...models, apiKey: () => key });
      await expect(refused).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "apiKey" });
    }
  });
});

describe.skipIf(!hasLoopback)("bodies", () => {
  test("in another encoding than UTF-8 are refused, not read with their characters lost; a byte order mark is none", async () => {
    const latin = await post("/embed", Buffer.from('{"inputs":"café"}', "latin1"));
    expect(latin.status).toBe(400);
    const marked = await post("/embed", Buffer.from('\ufeff{"inputs":"café"}'));
    const plain = await post("/embed", '{"inputs":"café"}');
    expect(await marked.json()).toEqual(await plain.json());
    expect((await post("/embed", "[]", { "content-type": "application/json-patch+json" })).status).toBe(415);
    expect((await post("/tokenize", '{"inputs":["a","\\ud800"]}')).status).toBe(422);
  });

  test("with a field that is null are as those without it", async () => {
    const ranked = await post("/rerank", '{"query":"a","texts":["b"],"documents":null,"top_n":null}');
    expect(await ranked.json()).toEqual([{ index: 0, score: expect.any(Number) }]);
    expect((await post("/", '{"inputs":"a","query":null}')).status).toBe(200);
  });

  test("with a long answer get it in pieces, as it is made, and with a short one as a whole", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i} ${"a ".repeat(100)}`);
    await using embedder = await loadEmbedder(models.embedder, { threads: 1 });
    const rows = await embedder.embedTokens(texts, { inputType: "document" });
    const dense = (await embedder.embedDocuments(texts)).map((vector) => [...vector]);
    const tokenCount = (await embedder.countTokens(texts, { inputType: "document" })).reduce(
      (sum, count) => sum + count,
    );
    const ask = async (path: string, body: object) => {
      const answer = await post(path, JSON.stringify({ prompt_name: "document", ...body }));
      const text = await answer.text();
      return { text, type: answer.headers.get("content-type"), length: answer.headers.get("content-length") };
    };
    const all = rows.map(({ data, rows, dimensions }) =>
      Array.from({ length: rows }, (_, r) => [...data.subarray(r * dimensions, (r + 1) * dimensions)]),
    );
    const expected = {
      "/embed_all": [{ inputs: texts }, all],
      "/embed": [{ inputs: texts }, dense],
      "/v1/embeddings": [
        { input: texts },
        {
          object: "list",
          data: dense.map((embedding, index) => ({ object: "embedding", index, embedding })),
          model: embedder.spec.id,
          usage: { prompt_tokens: tokenCount, total_tokens: tokenCount },
        },
      ],
    } as const;
    const type = "application/json";
    for (const [path, [body, value]] of Object.entries(expected)) {
      const text = JSON.stringify(value);
      // Over what is made in one turn, there is no length yet when the first piece is sent.
      const length = text.length > 1 << 16 ? null : String(text.length);
      expect(await ask(path, body), path).toEqual({ text, type, length });
    }
    expect(JSON.stringify(all).length).toBeGreaterThan(1 << 20);
    const [first] = dense;
    expect(await ask("/embed", { inputs: texts[0] })).toMatchObject({
      text: JSON.stringify([first]),
      length: String(JSON.stringify([first]).length),
    });
  });

  test("of a client that goes away in the middle of its answer leave the server as it was", async () => {
    await using small = await serve({ ...models, maxConcurrentRequests: 1 });
    const body = JSON.stringify({ inputs: Array(60).fill("a few words ".repeat(160)), truncate: true });
    for (let i = 0; i < 3; i++) {
      const sent = request(`${small.url}/embed_all`, { method: "POST", headers: JSON_TYPE, agent: false });
      sent.on("error", () => {}).end(body);
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      expect(answer.statusCode).toBe(200);
      await once(answer, "data");
      answer.destroy();
      // Its place is free again once it has gone.
      let status: number;
      do ({ status } = await post("/embed", '{"inputs":"a"}', {}, small.url));
      while (status === 429);
      expect(status).toBe(200);
    }
  });

  test("that would be answered with more rows than fit in memory are 413, whatever the texts", async () => {
    const texts = Array(400).fill("a ".repeat(500));
    const answer = await post("/embed_all", JSON.stringify({ inputs: texts, truncate: true }));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/up to 174762 rows/) });
  });
});

test.skipIf(!hasLoopback)("refusals for overload are in the metrics", async () => {
  await using small = await serve({ ...models, maxConcurrentRequests: 1 });
  const body = JSON.stringify({ inputs: Array(50).fill("some text") });
  const answers = await Promise.all(Array.from({ length: 10 }, () => post("/embed", body, {}, small.url)));
  const refused = answers.filter(({ status }) => status === 429).length;
  expect(refused).toBeGreaterThan(0);
  expect(await countOf(small, 'te_request_failure{err="overloaded"}')).toBe(refused);
  expect(await countOf(small, "te_request_count")).toBe(10);
});
