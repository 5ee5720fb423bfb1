import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { DownloadProgress } from "../../packages/core/src/api/options.js";
import { everyFile, expectSound, leftovers } from "../support/hub/cache.js";
import type { Asked } from "../support/hub/hub-double.js";
import { GRAPH, ID, startTinyHub, type TinyHub, tiny } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";

let t: TinyHub;
beforeEach(async () => {
  t = await startTinyHub();
});

describe.skipIf(!hasLoopback)("who may not have it is told what to do", () => {
  test("401: it may not exist, or it is private", async () => {
    t.hub.token = "right";
    const error = await t.failure();
    expect(error).toMatchObject({ code: "ACCESS_DENIED", parameter: "model" });
    expect(error.message).toMatch(/does not exist there, or it is private.*set HF_TOKEN/);
    expect((await t.failure({ token: "hf_wrongsecret" })).message).toMatch(/token that was sent.*HF_TOKEN.*not valid/);
    expect((await t.download({ token: "right" })).commit).toBe(t.main);
  });

  test("403 and gated: the licence is to be accepted", async () => {
    t.faulty({ status: 403 }, 100, () => true);
    expect((await t.failure()).message).toMatch(/denied \(403\).*accept its licence at .*someone\/tiny.*HF_TOKEN/);
    t.faulty({ status: 401, headers: { "x-error-code": "GatedRepo" } }, 1000, () => true);
    const error = await t.failure();
    expect(error).toMatchObject({ code: "ACCESS_DENIED" });
    expect(error.message).toMatch(/it is gated. Accept its licence at http:.*someone\/tiny, then set HF_TOKEN/);
  });

  test("404: not there", async () => {
    t.faulty({ status: 404, headers: { "x-error-code": "RepoNotFound" } }, 100, ({ at }) => at === "revision");
    const error = await t.failure();
    expect(error).toMatchObject({ code: "MODEL_NOT_FOUND", parameter: "model" });
    expect(error.message).toMatch(/does not exist there.*HF_ENDPOINT/);
  });
});

describe.skipIf(!hasLoopback)("the token", () => {
  const TOKEN = "hf_verysecrettoken";

  test("goes to the hub, and to no other host, port or place that it redirects to", async () => {
    t.hub.token = TOKEN;
    await t.download({ token: TOKEN });
    const bearers = (at: Asked["at"]) =>
      t.hub.asked.filter((one) => one.at === at).map((one) => one.headers.authorization);
    expect(new Set(bearers("resolve"))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(bearers("store").length).toBeGreaterThan(0);
    expect(new Set(bearers("store"))).toEqual(new Set([undefined]));
  });

  test("is kept on a redirect within the hub, and not sent again after one that led away", async () => {
    t.hub.token = TOKEN;
    const moved = "/someone/renamed/resolve/x";
    t.hub.fault = ({ at, name, before }) =>
      at !== "resolve"
        ? undefined
        : name === "config.json" && before === 0
          ? { status: 307, headers: { location: `/${ID}/resolve/${t.main}/config.json` } }
          : name === "tokenizer.json"
            ? { status: 302, headers: { location: `${t.hub.store}/x?file=away` } }
            : undefined;
    const fault = t.hub.fault;
    t.hub.fault = (asked) =>
      asked.at === "store" && asked.name === "away"
        ? { status: 302, headers: { location: `${t.hub.endpoint}${moved}` } }
        : fault(asked);
    expect(await t.failure({ token: TOKEN })).toMatchObject({ code: "ACCESS_DENIED" });
    const [first, second] = t.hub.asked.filter(({ name }) => name === "config.json");
    expect([first!.headers.authorization, second!.headers.authorization]).toEqual(Array(2).fill(`Bearer ${TOKEN}`));
    expect(t.hub.asked.at(-1)).toMatchObject({ at: "resolve", name: "someone/renamed/resolve/x" });
    expect(t.hub.asked.at(-1)!.headers.authorization).toBeUndefined();
  });

  test("is in no message, event or file, nor is a signature of the store", async () => {
    t.hub.token = TOKEN;
    const events: string[] = [];
    const onProgress = (progress: DownloadProgress) => events.push(JSON.stringify(progress));
    t.faulty({ status: 500 }, 1000);
    const said = [await t.failure({ token: TOKEN, onProgress })];
    t.hub.token = "another";
    said.push(await t.failure({ token: TOKEN, onProgress }), await t.failure({ token: `${TOKEN}\nx`, onProgress }));
    const told = said.map((error) => [error.message, error.stack, String(error.cause), JSON.stringify(error)].join());
    for (const text of [...told, ...events]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain("secret-signature");
    }
    expect(events.length).toBeGreaterThan(0);
    for (const path of everyFile(t.cache)) expect(readFileSync(join(t.cache, path)).includes(TOKEN)).toBe(false);
  });
});

describe.skipIf(!hasLoopback)("an abort", () => {
  test("rejects with the signal's reason, and the next download goes on from there", async () => {
    const controller = new AbortController();
    t.faulty({ drip: { bytes: 100_000, everyMs: 5 } }, 1);
    const aborted = t.download({
      signal: controller.signal,
      onProgress: ({ file, bytes }) => {
        if (file === GRAPH && bytes >= 300_000) controller.abort(new Error("the user left"));
      },
    });
    await expect(aborted).rejects.toThrow("the user left");
    expect(t.partials()).toHaveLength(1);
    expectSound(t.cache);
    await t.download();
    const [, range] = t.graphRequests().map(({ headers }) => headers.range);
    expect(Number(/bytes=(\d+)-/.exec(range!)![1])).toBeGreaterThanOrEqual(300_000);
    expect(leftovers(t.cache)).toEqual([]);
  });

  test("ends a pause, a silence and a wait for another process", async () => {
    t.faulty({ status: 503, headers: { "retry-after": "100" } }, 100, ({ at }) => at === "revision");
    await expect(t.download({ signal: AbortSignal.timeout(30) })).rejects.toThrow(/timeout/);
    t.faulty({ silent: true }, 100, ({ at }) => at === "revision");
    await expect(t.download({ signal: AbortSignal.timeout(30), patience: { silenceMs: 60_000 } })).rejects.toThrow(
      /timeout/,
    );
    t.faulty({ drip: { bytes: 20_000, everyMs: 20 } }, 1);
    const other = t.download();
    while (t.graphRequests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(t.download({ signal: AbortSignal.timeout(30) })).rejects.toThrow(/timeout/);
    expect((await other).commit).toBe(t.main);
    expect(t.graphRequests()).toHaveLength(1);
  });

  test("before anything began: nothing is asked for", async () => {
    await expect(t.download({ signal: AbortSignal.abort("early") })).rejects.toBe("early");
    expect(t.hub.asked).toEqual([]);
  });

  test("by a listener that throws ends the download with what it threw", async () => {
    const thrown = new Error("mine");
    await expect(
      t.download({
        onProgress: () => {
          throw thrown;
        },
      }),
    ).rejects.toBe(thrown);
    expectSound(t.cache);
  });
});

describe.skipIf(!hasLoopback)("names from the hub", () => {
  const lfs = { oid: "a".repeat(64), size: 3, pointerSize: 134 };
  const outside = (path: string) => ({ type: "file", path, oid: "b".repeat(40), size: 3, lfs });
  const nothingOutside = () => {
    expectSound(t.cache);
    expect(readdirSync(join(t.cache, "..")).includes("evil")).toBe(false);
    expect(t.hub.asked.some(({ name }) => name.includes("evil"))).toBe(false);
  };

  test.each([
    "onnx/a\\..\\..\\evil",
    "onnx/C:evil",
    "onnx/model.onnx_data\0",
    "onnx/nul",
    "onnx/model.onnx_data.",
    "onnx/model.onnx_data:stream",
  ])("that would leave the folder are refused: %j", async (path) => {
    t.hub.extraEntries = [outside(path)];
    expect(await t.failure()).toMatchObject({ code: "MODEL_CORRUPT" });
    nothingOutside();
  });

  test("that would leave the folder do no harm where the file is not needed", async () => {
    const paths = ["../evil", "/evil", "onnx/../../evil", "onnx/model.onnx_data/../../../evil", "C:\\evil"];
    t.hub.extraEntries = paths.map(outside);
    expect((await t.download()).commit).toBe(t.main);
    nothingOutside();
  });

  test("of links and submodules are not files, and a hash that is none is refused", async () => {
    t.hub.extraEntries = [{ type: "symlink", path: "onnx/model.onnx_data", oid: "b".repeat(40), size: 11 }];
    const { files } = await t.download();
    expect(files).not.toContain("onnx/model.onnx_data");
    const evil = { oid: "../../evil", size: 3, pointerSize: 134 };
    t.hub.extraEntries = [{ type: "file", path: "onnx/model.onnx_data", oid: "b".repeat(40), size: 3, lfs: evil }];
    t.hub.commit({ ...tiny, "a.txt": Buffer.alloc(1) });
    expect(await t.failure()).toMatchObject({ code: "DOWNLOAD_FAILED" });
  });

  test("of a redirect lead to http and https alone", async () => {
    for (const location of ["file:///etc/passwd", "ftp://elsewhere/x", "data:,x"]) {
      t.faulty({ status: 302, headers: { location } }, 100, ({ at }) => at === "resolve");
      expect((await t.failure()).message).toContain("redirects to an address that is not allowed");
    }
  });
});
