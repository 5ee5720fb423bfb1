import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Downloaded, type DownloadProgress, downloadModel } from "../../packages/core/src/hub/download.js";
import { hubOf } from "../../packages/core/src/hub/hub.js";
import { PATIENCE } from "../../packages/core/src/hub/retry.js";
import { verify } from "../../packages/core/src/hub/verify.js";
import { folderOf } from "../folders.js";
import { hasLoopback } from "../loopback.js";
import { fixture } from "../models.js";
import { everyFile, expectSound, leftovers } from "./cache.js";
import { type Asked, type Fault, type Files, filesOf, type HubDouble, sha256, startHubDouble } from "./hub-double.js";

const ID = "someone/tiny";
const tiny: Files = filesOf(fixture("tiny-bert-cls"));
const GRAPH = "onnx/model.onnx";
const GRAPH_BYTES = tiny[GRAPH]!.length;
/** As patient as in use, but for the time it takes. */
const QUICK = { ...PATIENCE, firstPauseMs: 1, longestPauseMs: 4, silenceMs: 300 };

let hub: HubDouble;
let cache: string;
let main: string;

interface Options {
  readonly signal?: AbortSignal;
  readonly token?: string;
  readonly endpoint?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly patience?: Partial<typeof PATIENCE>;
}
function download({ onProgress, patience, ...options }: Options = {}): Promise<Downloaded> {
  return downloadModel(hubOf({ endpoint: hub.endpoint, ...options, patience: { ...QUICK, ...patience } }), {
    id: ID,
    revision: "main",
    dtype: undefined,
    stay: false,
    distrust: false,
    onProgress,
  });
}
const failure = async (options?: Options) => {
  const error = await download(options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "BgeError" });
  expectSound(cache);
  return error as Error & { code: string };
};
const graphRequests = () => hub.asked.filter(({ at, name }) => at === "store" && name === GRAPH);
/** Goes wrong with the graph's contents, or with what `when` picks, the first `times` times. */
const faulty = (fault: Fault, times = 1, when = ({ at, name }: Asked) => at === "store" && name === GRAPH) => {
  hub.fault = (asked) => (when(asked) && asked.before < times ? fault : undefined);
};
const blobs = () => join(cache, "models--someone--tiny", "blobs");
const partials = () => (existsSync(blobs()) ? readdirSync(blobs()).filter((name) => name.endsWith(".incomplete")) : []);

beforeEach(async () => {
  cache = folderOf();
  hub = await startHubDouble(ID);
  main = hub.commit(tiny);
  for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
    vi.stubEnv(name, "");
  vi.stubEnv("HF_HOME", cache);
  vi.stubEnv("HF_HUB_CACHE", cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub[Symbol.asyncDispose]();
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
    faulty(fault, times, when);
    const { bytes, downloadedBytes } = await download();
    expect(downloadedBytes).toBe(bytes);
    expect(hub.asked.filter(when).length).toBeGreaterThanOrEqual(fault.drip ? 1 : times + 1);
    expect((await verify(ID)).ok).toBe(true);
    expectSound(cache);
    expect(leftovers(cache)).toEqual([]);
  });

  test("cuts at every turn, from where each was, with no byte asked for twice", async () => {
    faulty({ cutAfter: 50_000 }, 1000);
    const seen: number[] = [];
    await download({ onProgress: ({ file, bytes }) => file === GRAPH && seen.push(bytes) });
    const starts = graphRequests().map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? "bytes=0-")![1]));
    // Of what was sent, a cut may take the end along.
    expect(starts.length).toBeGreaterThanOrEqual(Math.ceil(GRAPH_BYTES / 50_000));
    for (const start of starts.slice(1)) expect(seen).toContain(start);
    expect(graphRequests()[1]!.headers["if-range"]).toMatch(/^"store-/);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(GRAPH_BYTES);
  });

  test("a server that ignores ranges, which sends all again", async () => {
    hub.fault = ({ at, before }) =>
      at !== "store" ? undefined : before === 0 ? { cutAfter: 300_000 } : { ignoreRange: true };
    const seen: number[] = [];
    await download({ onProgress: ({ file, bytes }) => file === GRAPH && seen.push(bytes) });
    expect(seen.some((bytes, i) => bytes < (seen[i - 1] ?? 0))).toBe(true);
    expect((await verify(ID)).ok).toBe(true);
  });

  test("another content behind the same address while it is resumed", async () => {
    hub.fault = ({ at, before }) =>
      at !== "store"
        ? undefined
        : before === 0
          ? { cutAfter: 300_000, headers: { etag: '"one"' } }
          : { headers: { etag: '"two"' } };
    await download();
    expect(graphRequests()).toHaveLength(2);
    expect((await verify(ID)).ok).toBe(true);
  });

  test("a partial file that does not belong to the content: it is fetched anew", async () => {
    mkdirSync(blobs(), { recursive: true });
    const partial = join(blobs(), `${sha256(tiny[GRAPH]!)}.released-00000000.bge-js.incomplete`);
    writeFileSync(partial, Buffer.alloc(400_000, 9));
    await download();
    expect(graphRequests().map(({ headers }) => headers.range)).toEqual(["bytes=400000-", undefined]);
    expect((await verify(ID)).ok).toBe(true);
    expect(leftovers(cache)).toEqual([]);
  });

  test("partial files that are too long, and whole", async () => {
    mkdirSync(blobs(), { recursive: true });
    const name = sha256(tiny[GRAPH]!);
    writeFileSync(join(blobs(), `${name}.released-00000001.bge-js.incomplete`), Buffer.alloc(GRAPH_BYTES + 1));
    await download();
    expect(graphRequests()).toHaveLength(1);
    expect((await verify(ID)).ok).toBe(true);
  });

  test("a partial file that had come whole: nothing is asked for", async () => {
    mkdirSync(blobs(), { recursive: true });
    const name = `${sha256(tiny[GRAPH]!)}.released-00000001.bge-js.incomplete`;
    writeFileSync(join(blobs(), name), tiny[GRAPH]!);
    await download();
    expect(graphRequests()).toEqual([]);
    expect((await verify(ID)).ok).toBe(true);
  });
});

describe.skipIf(!hasLoopback)("a download gives up, leaving nothing wrong, on", () => {
  test("a server that never works, with what has come kept for the next try", async () => {
    faulty({ cutAfter: 200_000 }, 1);
    const cut = hub.fault;
    hub.fault = (asked) => cut(asked) ?? (asked.at === "store" ? { status: 500 } : undefined);
    const error = await failure();
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(error.message).toMatch(/^someone\/tiny could not be downloaded from http:.*answered 500.*next try/);
    expect(graphRequests()).toHaveLength(QUICK.failures);
    expect(partials()).toHaveLength(1);
    hub.fault = () => undefined;
    await download();
    expect(graphRequests().at(-1)!.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(leftovers(cache)).toEqual([]);
  });

  test("a content that is wrong each time", async () => {
    faulty({ corrupt: true }, 100);
    const error = await failure();
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(error.message).toContain(`the listing says ${sha256(tiny[GRAPH]!)}`);
    expect(graphRequests()).toHaveLength(3);
    expect(partials()).toEqual([]);
  });

  test("a size that is wrong each time", async () => {
    faulty({ resize: 5 }, 100);
    expect((await failure()).message).toContain(`has ${GRAPH_BYTES + 5} bytes; its listing says ${GRAPH_BYTES}`);
  });

  test("a server that cuts for ever", async () => {
    faulty({ cutAfter: 10 }, 10_000);
    expect((await failure()).message).toContain("onnx/model.onnx");
    expect(graphRequests()).toHaveLength(QUICK.failuresInAll);
  });

  test("a Retry-After that is longer than anyone waits", async () => {
    faulty({ status: 429, headers: { "retry-after": "86400" } }, 100);
    expect((await failure()).message).toContain("It asks to come back in 86400 s");
    expect(graphRequests()).toHaveLength(1);
  });

  test("a page instead of an answer", async () => {
    faulty({ body: "<html>Please log in</html>" }, 100, ({ at }) => at === "revision");
    expect((await failure()).message).toMatch(/is not JSON; is there a proxy/);
    faulty({ body: "{}" }, 100, ({ at }) => at === "revision");
    expect((await failure()).message).toContain("names no commit");
    faulty({ body: "{}" }, 100, ({ at }) => at === "tree");
    expect((await failure()).message).toContain("is no list of files");
    faulty({ body: '[{"type":"file","path":"config.json","size":3}]' }, 100, ({ at }) => at === "tree");
    expect((await failure()).message).toContain('no hash for "config.json"');
  });

  test("a hub that is not there, or whose name does not exist", async () => {
    await hub[Symbol.asyncDispose]();
    expect(await failure()).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect((await failure()).message).toContain("ECONNREFUSED");
    expect(await failure({ endpoint: "http://no-such-host.invalid" })).toMatchObject({ code: "DOWNLOAD_FAILED" });
  });

  test("redirects without end", async () => {
    faulty({ status: 302, headers: { location: "/again" } }, 1000, ({ at }) => at === "resolve");
    expect((await failure()).message).toContain("redirects more than 10 times");
  });

  test("a cache that cannot be written", async () => {
    writeFileSync(join(cache, "models--someone--tiny"), "a file in its way");
    const error = await failure();
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(error.message).toMatch(/cannot be written.*HF_HUB_CACHE/);
  });
});

describe.skipIf(!hasLoopback)("who may not have it is told what to do", () => {
  test("401: it may not exist, or it is private", async () => {
    hub.token = "right";
    const error = await failure();
    expect(error).toMatchObject({ code: "ACCESS_DENIED", parameter: "model" });
    expect(error.message).toMatch(/does not exist there, or it is private.*set HF_TOKEN/);
    expect((await failure({ token: "hf_wrongsecret" })).message).toMatch(/token that was sent.*HF_TOKEN.*not valid/);
    expect((await download({ token: "right" })).commit).toBe(main);
  });

  test("403 and gated: the licence is to be accepted", async () => {
    faulty({ status: 403 }, 100, () => true);
    expect((await failure()).message).toMatch(/denied \(403\).*accept its licence at .*someone\/tiny.*HF_TOKEN/);
    faulty({ status: 401, headers: { "x-error-code": "GatedRepo" } }, 1000, () => true);
    const error = await failure();
    expect(error).toMatchObject({ code: "ACCESS_DENIED" });
    expect(error.message).toMatch(/it is gated. Accept its licence at http:.*someone\/tiny, then set HF_TOKEN/);
  });

  test("404: not there", async () => {
    faulty({ status: 404, headers: { "x-error-code": "RepoNotFound" } }, 100, ({ at }) => at === "revision");
    const error = await failure();
    expect(error).toMatchObject({ code: "MODEL_NOT_FOUND", parameter: "model" });
    expect(error.message).toMatch(/is not there.*HF_ENDPOINT/);
  });
});

describe.skipIf(!hasLoopback)("the token", () => {
  const TOKEN = "hf_verysecrettoken";

  test("goes to the hub, and to no other host, port or place that it redirects to", async () => {
    hub.token = TOKEN;
    await download({ token: TOKEN });
    const bearers = (at: Asked["at"]) =>
      hub.asked.filter((one) => one.at === at).map((one) => one.headers.authorization);
    expect(new Set(bearers("resolve"))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(bearers("store").length).toBeGreaterThan(0);
    expect(new Set(bearers("store"))).toEqual(new Set([undefined]));
  });

  test("is kept on a redirect within the hub, and not sent again after one that led away", async () => {
    hub.token = TOKEN;
    const moved = "/someone/renamed/resolve/x";
    hub.fault = ({ at, name, before }) =>
      at !== "resolve"
        ? undefined
        : name === "config.json" && before === 0
          ? { status: 307, headers: { location: `/${ID}/resolve/${main}/config.json` } }
          : name === "tokenizer.json"
            ? { status: 302, headers: { location: `${hub.store}/x?file=away` } }
            : undefined;
    const fault = hub.fault;
    hub.fault = (asked) =>
      asked.at === "store" && asked.name === "away"
        ? { status: 302, headers: { location: `${hub.endpoint}${moved}` } }
        : fault(asked);
    expect(await failure({ token: TOKEN })).toMatchObject({ code: "ACCESS_DENIED" });
    const [first, second] = hub.asked.filter(({ name }) => name === "config.json");
    expect([first!.headers.authorization, second!.headers.authorization]).toEqual(Array(2).fill(`Bearer ${TOKEN}`));
    expect(hub.asked.at(-1)).toMatchObject({ at: "resolve", name: "someone/renamed/resolve/x" });
    expect(hub.asked.at(-1)!.headers.authorization).toBeUndefined();
  });

  test("is in no message, event or file, nor is a signature of the store", async () => {
    hub.token = TOKEN;
    const events: string[] = [];
    const onProgress = (progress: DownloadProgress) => events.push(JSON.stringify(progress));
    faulty({ status: 500 }, 1000);
    const said = [await failure({ token: TOKEN, onProgress })];
    hub.token = "another";
    said.push(await failure({ token: TOKEN, onProgress }), await failure({ token: `${TOKEN}\nx`, onProgress }));
    const told = said.map((error) => [error.message, error.stack, String(error.cause), JSON.stringify(error)].join());
    for (const text of [...told, ...events]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain("secret-signature");
    }
    expect(events.length).toBeGreaterThan(0);
    for (const path of everyFile(cache)) expect(readFileSync(join(cache, path)).includes(TOKEN)).toBe(false);
  });
});

describe.skipIf(!hasLoopback)("an abort", () => {
  test("rejects with the signal's reason, and the next download goes on from there", async () => {
    const controller = new AbortController();
    faulty({ drip: { bytes: 100_000, everyMs: 5 } }, 1);
    const aborted = download({
      signal: controller.signal,
      onProgress: ({ file, bytes }) => {
        if (file === GRAPH && bytes >= 300_000) controller.abort(new Error("the user left"));
      },
    });
    await expect(aborted).rejects.toThrow("the user left");
    expect(partials()).toHaveLength(1);
    expectSound(cache);
    await download();
    const [, range] = graphRequests().map(({ headers }) => headers.range);
    expect(Number(/bytes=(\d+)-/.exec(range!)![1])).toBeGreaterThanOrEqual(300_000);
    expect(leftovers(cache)).toEqual([]);
  });

  test("ends a pause, a silence and a wait for another process", async () => {
    faulty({ status: 503, headers: { "retry-after": "100" } }, 100, ({ at }) => at === "revision");
    await expect(download({ signal: AbortSignal.timeout(30) })).rejects.toThrow(/timeout/);
    faulty({ silent: true }, 100, ({ at }) => at === "revision");
    await expect(download({ signal: AbortSignal.timeout(30), patience: { silenceMs: 60_000 } })).rejects.toThrow(
      /timeout/,
    );
    faulty({ drip: { bytes: 20_000, everyMs: 20 } }, 1);
    const other = download();
    while (graphRequests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(download({ signal: AbortSignal.timeout(30) })).rejects.toThrow(/timeout/);
    expect((await other).commit).toBe(main);
    expect(graphRequests()).toHaveLength(1);
  });

  test("before anything began: nothing is asked for", async () => {
    await expect(download({ signal: AbortSignal.abort("early") })).rejects.toBe("early");
    expect(hub.asked).toEqual([]);
  });

  test("by a listener that throws ends the download with what it threw", async () => {
    const thrown = new Error("mine");
    await expect(
      download({
        onProgress: () => {
          throw thrown;
        },
      }),
    ).rejects.toBe(thrown);
    expectSound(cache);
  });
});

describe.skipIf(!hasLoopback)("names from the hub", () => {
  const lfs = { oid: "a".repeat(64), size: 3, pointerSize: 134 };
  const outside = (path: string) => ({ type: "file", path, oid: "b".repeat(40), size: 3, lfs });
  const nothingOutside = () => {
    expectSound(cache);
    expect(readdirSync(join(cache, "..")).includes("evil")).toBe(false);
    expect(hub.asked.some(({ name }) => name.includes("evil"))).toBe(false);
  };

  test.each([
    "onnx/a\\..\\..\\evil",
    "onnx/C:evil",
    "onnx/model.onnx_data\0",
    "onnx/nul",
    "onnx/model.onnx_data.",
    "onnx/model.onnx_data:stream",
  ])("that would leave the folder are refused: %j", async (path) => {
    hub.extraEntries = [outside(path)];
    expect(await failure()).toMatchObject({ code: "MODEL_CORRUPT" });
    nothingOutside();
  });

  test("that would leave the folder do no harm where the file is not needed", async () => {
    const paths = ["../evil", "/evil", "onnx/../../evil", "onnx/model.onnx_data/../../../evil", "C:\\evil"];
    hub.extraEntries = paths.map(outside);
    expect((await download()).commit).toBe(main);
    nothingOutside();
  });

  test("of links and submodules are not files, and a hash that is none is refused", async () => {
    hub.extraEntries = [{ type: "symlink", path: "onnx/model.onnx_data", oid: "b".repeat(40), size: 11 }];
    const { files } = await download();
    expect(files).not.toContain("onnx/model.onnx_data");
    const evil = { oid: "../../evil", size: 3, pointerSize: 134 };
    hub.extraEntries = [{ type: "file", path: "onnx/model.onnx_data", oid: "b".repeat(40), size: 3, lfs: evil }];
    hub.commit({ ...tiny, "a.txt": Buffer.alloc(1) });
    expect(await failure()).toMatchObject({ code: "DOWNLOAD_FAILED" });
  });

  test("of a redirect lead to http and https alone", async () => {
    for (const location of ["file:///etc/passwd", "ftp://elsewhere/x", "data:,x"]) {
      faulty({ status: 302, headers: { location } }, 100, ({ at }) => at === "resolve");
      expect((await failure()).message).toContain("redirects to where it must not");
    }
  });
});
