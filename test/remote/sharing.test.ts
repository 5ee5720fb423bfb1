import dns from "node:dns";
import { type Embedder, loadEmbedder, loadReranker } from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";
import { refer, teiDouble } from "../support/servers/dialects.js";
import { replies, resets, write } from "../support/servers/http-double.js";

let local: Embedder;
beforeAll(async () => {
  local = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 2, truncation: "silent" });
});
afterAll(() => local.dispose());

const IN_AN_HOUR = { status: 429, headers: { "retry-after": "3600" }, json: { error: "Come back later" } };

describe.skipIf(!hasLoopback)("callers of one server", () => {
  test("each fill their requests, although work of others waits in between", async () => {
    await using ranker = await loadReranker(fixture("tiny-bert-reranker"), { threads: 2 });
    await using server = await teiDouble({ reranker: ranker });
    await using remote = await loadReranker({ url: server.url, api: "tei" });
    const documents = Array.from({ length: 64 }, (_, i) => `text ${i}`);
    const before = server.bodies("/rerank").length;
    const queries = ["one?", "two?", "three?"];
    const ranked = await Promise.all(queries.map((query) => remote.rerank(query, documents)));
    const sent = server.bodies("/rerank").slice(before);
    expect(sent.map(({ texts }) => texts.length)).toEqual(Array(6).fill(32));
    // In turn: nobody waits until another is done.
    expect(new Set(sent.slice(0, 3).map(({ query }) => query))).toEqual(new Set(queries));
    for (const [i, query] of queries.entries()) {
      const wanted = await ranker.rerank(query, documents);
      expect(ranked[i]!.map(({ index }) => index)).toEqual(wanted.map(({ index }) => index));
    }
  });
});

describe.skipIf(!hasLoopback)("a pause longer than anybody waits", () => {
  test("fails the call and those after it at once, saying why, and nothing is sent meanwhile", async () => {
    await using server = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(refer(server.url));
    server.faults.push(replies(IN_AN_HOUR));
    const overloaded = { code: "OVERLOADED", message: expect.stringMatching(/Come back later.* pause of 3600 s/) };
    await expect(remote.embedQuery("first")).rejects.toMatchObject(overloaded);
    const sent = server.got.length;
    await expect(remote.embedQuery("second")).rejects.toMatchObject(overloaded);
    await expect(remote.embedDocuments(["third"])).rejects.toMatchObject(overloaded);
    expect(server.got).toHaveLength(sent);
  });

  test("that a health check is told is told, too", async () => {
    await using server = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(refer(server.url));
    server.faults.push(resets);
    server.alwaysGet = replies(IN_AN_HOUR);
    await expect(remote.embedQuery("first")).rejects.toMatchObject({
      code: "OVERLOADED",
      message: expect.stringMatching(/Come back later.* pause of 3600 s/),
    });
  });

  test("of one server leaves the work to the others", async () => {
    await using busy = await teiDouble({ embedder: local });
    await using other = await teiDouble({ embedder: local });
    await using remote = await loadEmbedder(refer([busy.url, other.url]));
    busy.faults.push(replies(IN_AN_HOUR));
    for (let i = 0; i < 3; i++) expect(await remote.embedQuery(`text ${i}`)).toHaveLength(48);
    expect(busy.bodies("/embed")).toHaveLength(2);
  });
});

test.skipIf(!hasLoopback)("a server whose name is gone leaves the work to the others", async () => {
  const gone = await teiDouble({ embedder: local });
  await using other = await teiDouble({ embedder: local });
  // No connection is kept, so that the next one asks for the address again.
  gone.always = async (response, _, answer) =>
    write(response, { ...(await answer()), headers: { connection: "close" } });
  const named = gone.url.replace("127.0.0.1", "localhost");
  await using remote = await loadEmbedder(refer([named, other.url]));
  await gone.close();
  const { lookup } = dns;
  const asked: string[] = [];
  try {
    const missing = (host: string, _: unknown, callback: (error: Error) => void) => {
      asked.push(host);
      setImmediate(callback, Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" }));
    };
    dns.lookup = missing as unknown as typeof lookup;
    for (let i = 0; i < 3; i++) expect(await remote.embedQuery(`text ${i}`)).toHaveLength(48);
  } finally {
    dns.lookup = lookup;
  }
  expect(asked).toContain("localhost");
});
