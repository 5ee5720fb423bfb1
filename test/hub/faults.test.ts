import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { verifyModel } from "../../packages/core/src/hub/verify.js";
import { expectSound, leftovers } from "../support/hub/cache.js";
import { type Asked, type Fault, sha256 } from "../support/hub/hub-double.js";
import { GRAPH, ID, QUICK, startTinyHub, type TinyHub, tiny } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";

const GRAPH_BYTES = tiny[GRAPH]!.length;
let t: TinyHub;
beforeEach(async () => {
  t = await startTinyHub();
});

describe.skipIf(!hasLoopback)("a download survives", () => {
  const large = ({ at, name }: Asked) => at === "store" && name === GRAPH;
  const small = ({ at, name }: Asked) => at === "resolve" && name === "tokenizer.json";
  const table: [string, Fault, number, (asked: Asked) => boolean][] = [
    ["a connection that is cut", { cutAfter: 200_000 }, 1, large],
    ["four connections that are cut before the first byte", { cutAfter: 0 }, 4, large],
    ["a cut in a small file", { cutAfter: 7 }, 2, small],
    ["a silent server", { silent: true }, 1, large],
    ["a slow drip", { drip: { bytes: 60_000, everyMs: 30 } }, 1, large],
    ["a wrong byte", { corrupt: true }, 2, large],
    ["a wrong byte in a small file", { corrupt: true }, 2, small],
    ["a file that is too short", { resize: -10 }, 1, large],
    ["a file that is too long", { resize: 10 }, 1, large],
    ["a small file that is too long", { resize: 1 }, 1, small],
    ["429 with Retry-After in seconds", { status: 429, headers: { "retry-after": "0" } }, 3, large],
    ["429 with a date", { status: 429, headers: { "retry-after": new Date(0).toUTCString() } }, 1, large],
    ["429 of the listing", { status: 429, headers: { ratelimit: '"api";r=0;t=0' } }, 2, ({ at }) => at === "tree"],
    ["500", { status: 500 }, 1, large],
    ["502 of the revision", { status: 502 }, 2, ({ at }) => at === "revision"],
    ["503 of the redirect", { status: 503 }, 2, ({ at, name }) => at === "resolve" && name === GRAPH],
    ["504", { status: 504 }, 4, large],
    ["a commit that is not the right one", { headers: { "x-repo-commit": "0".repeat(40) } }, 1, small],
    ["a compressed answer", { headers: { "content-encoding": "gzip" } }, 1, small],
  ];
  test.each(table)("%s", async (_, fault, times, when) => {
    t.faulty(fault, times, when);
    const { bytes, downloadedBytes } = await t.download(fault.silent ? { patience: { silenceMs: 300 } } : {});
    expect(downloadedBytes).toBe(bytes);
    expect(t.hub.asked.filter(when).length).toBeGreaterThanOrEqual(fault.drip ? 1 : times + 1);
    expect((await verifyModel(ID)).ok).toBe(true);
    expectSound(t.cache);
    expect(leftovers(t.cache)).toEqual([]);
  });

  test("cuts at every turn, from where each was, with no byte asked for twice", async () => {
    t.faulty({ cutAfter: 50_000 }, 1000);
    const seen: number[] = [];
    await t.download({ onProgress: ({ file, bytes }) => file === GRAPH && seen.push(bytes) });
    const starts = t
      .graphRequests()
      .map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? "bytes=0-")![1]));
    // Of what was sent, a cut may take the end along.
    expect(starts.length).toBeGreaterThanOrEqual(Math.ceil(GRAPH_BYTES / 50_000));
    for (const start of starts.slice(1)) expect(seen).toContain(start);
    expect(t.graphRequests()[1]!.headers["if-range"]).toMatch(/^"store-/);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(GRAPH_BYTES);
  });

  test("a server that ignores ranges, which sends all again", async () => {
    t.hub.fault = ({ at, before }) =>
      at !== "store" ? undefined : before === 0 ? { cutAfter: 300_000 } : { ignoreRange: true };
    const seen: number[] = [];
    await t.download({ onProgress: ({ file, bytes }) => file === GRAPH && seen.push(bytes) });
    expect(seen.some((bytes, i) => bytes < (seen[i - 1] ?? 0))).toBe(true);
    expect((await verifyModel(ID)).ok).toBe(true);
  });

  test("another content behind the same address while it is resumed", async () => {
    t.hub.fault = ({ at, before }) =>
      at !== "store"
        ? undefined
        : before === 0
          ? { cutAfter: 300_000, headers: { etag: '"one"' } }
          : { headers: { etag: '"two"' } };
    await t.download();
    expect(t.graphRequests()).toHaveLength(2);
    expect((await verifyModel(ID)).ok).toBe(true);
  });

  test("a partial file that does not belong to the content: it is fetched anew", async () => {
    mkdirSync(t.blobs(), { recursive: true });
    const partial = join(t.blobs(), `${sha256(tiny[GRAPH]!)}.released-00000000.bge-js.incomplete`);
    writeFileSync(partial, Buffer.alloc(400_000, 9));
    await t.download();
    expect(t.graphRequests().map(({ headers }) => headers.range)).toEqual(["bytes=400000-", undefined]);
    expect((await verifyModel(ID)).ok).toBe(true);
    expect(leftovers(t.cache)).toEqual([]);
  });

  test("partial files that are too long, and whole", async () => {
    mkdirSync(t.blobs(), { recursive: true });
    const name = sha256(tiny[GRAPH]!);
    writeFileSync(join(t.blobs(), `${name}.released-00000001.bge-js.incomplete`), Buffer.alloc(GRAPH_BYTES + 1));
    await t.download();
    expect(t.graphRequests()).toHaveLength(1);
    expect((await verifyModel(ID)).ok).toBe(true);
  });

  test("a partial file that had come whole: nothing is asked for", async () => {
    mkdirSync(t.blobs(), { recursive: true });
    const name = `${sha256(tiny[GRAPH]!)}.released-00000001.bge-js.incomplete`;
    writeFileSync(join(t.blobs(), name), tiny[GRAPH]!);
    await t.download();
    expect(t.graphRequests()).toEqual([]);
    expect((await verifyModel(ID)).ok).toBe(true);
  });
});

describe.skipIf(!hasLoopback)("a download gives up, leaving nothing wrong, on", () => {
  test("a server that never works, with what has come kept for the next try", async () => {
    t.faulty({ cutAfter: 200_000 }, 1);
    const cut = t.hub.fault;
    t.hub.fault = (asked) => cut(asked) ?? (asked.at === "store" ? { status: 500 } : undefined);
    const error = await t.failure();
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(error.message).toMatch(/^someone\/tiny could not be downloaded from http:.*answered 500.*next attempt/);
    expect(t.graphRequests()).toHaveLength(QUICK.failures);
    expect(t.partials()).toHaveLength(1);
    t.hub.fault = () => undefined;
    await t.download();
    expect(t.graphRequests().at(-1)!.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(leftovers(t.cache)).toEqual([]);
  });

  test("a content that is wrong each time", async () => {
    t.faulty({ corrupt: true }, 100);
    const error = await t.failure();
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(error.message).toContain(`the listing says ${sha256(tiny[GRAPH]!)}`);
    expect(t.graphRequests()).toHaveLength(3);
    expect(t.partials()).toEqual([]);
  });

  test("a size that is wrong each time", async () => {
    t.faulty({ resize: 5 }, 100);
    expect((await t.failure()).message).toContain(`has ${GRAPH_BYTES + 5} bytes, but its listing says ${GRAPH_BYTES}`);
  });

  test("a server that cuts for ever", async () => {
    t.faulty({ cutAfter: 10 }, 10_000);
    expect((await t.failure()).message).toContain("onnx/model.onnx");
    expect(t.graphRequests()).toHaveLength(QUICK.failuresInAll);
  });

  test("a Retry-After that is longer than anyone waits", async () => {
    t.faulty({ status: 429, headers: { "retry-after": "86400" } }, 100);
    expect((await t.failure()).message).toContain("It asks to retry in 86400 s");
    expect(t.graphRequests()).toHaveLength(1);
  });

  test("a page instead of an answer", async () => {
    t.faulty({ body: "<html>Please log in</html>" }, 100, ({ at }) => at === "revision");
    expect((await t.failure()).message).toMatch(/is not JSON\. Check for a proxy/);
    t.faulty({ body: "{}" }, 100, ({ at }) => at === "revision");
    expect((await t.failure()).message).toContain("does not name a commit");
    t.faulty({ body: "{}" }, 100, ({ at }) => at === "tree");
    expect((await t.failure()).message).toContain("is not a list of files");
    t.faulty({ body: '[{"type":"file","path":"config.json","size":3}]' }, 100, ({ at }) => at === "tree");
    expect((await t.failure()).message).toContain('no hash for "config.json"');
  });

  test("a hub that is not there, or whose name does not exist", async () => {
    await t.hub[Symbol.asyncDispose]();
    expect(await t.failure()).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect((await t.failure()).message).toContain("ECONNREFUSED");
    expect(await t.failure({ endpoint: "http://no-such-host.invalid" })).toMatchObject({ code: "DOWNLOAD_FAILED" });
  });

  test("redirects without end", async () => {
    t.faulty({ status: 302, headers: { location: "/again" } }, 1000, ({ at }) => at === "resolve");
    expect((await t.failure()).message).toContain("redirects more than 10 times");
  });

  test("a cache that cannot be written", async () => {
    writeFileSync(join(t.cache, "models--someone--tiny"), "a file in its way");
    const error = await t.failure();
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(error.message).toMatch(/cannot write to .*HF_HUB_CACHE/);
  });

  test.skipIf(process.platform !== "linux")("a cache where no folder can be made", async () => {
    vi.stubEnv("HF_HUB_CACHE", "/proc/nowhere/hub");
    const error = await t.failure();
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(error.message).toMatch(/cannot write to .*HF_HUB_CACHE/);
  });
});
