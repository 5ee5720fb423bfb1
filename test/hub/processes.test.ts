import { lstatSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PulledModel } from "../../packages/core/src/hub/download.js";
import { verifyModel } from "../../packages/core/src/hub/verify.js";
import { folderOf } from "../support/folders.js";
import { expectSound, leftovers } from "../support/hub/cache.js";
import { filesOf, type HubDouble, startHubDouble } from "../support/hub/hub-double.js";
import { result, startProgram } from "../support/hub/program.js";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";

const ID = "someone/tiny";
const tiny = filesOf(fixture("tiny-bert-cls"));
let hub: HubDouble;
let cache: string;
const start = (mode: "pull" | "load", env: Record<string, string> = {}) =>
  startProgram(mode, ID, {
    HF_HOME: cache,
    HF_HUB_CACHE: cache,
    HF_ENDPOINT: hub.endpoint,
    HF_HUB_OFFLINE: "",
    ...env,
  });

beforeEach(async () => {
  cache = folderOf();
  vi.stubEnv("HF_HUB_CACHE", cache);
  hub = await startHubDouble(ID);
  hub.commit(tiny);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub[Symbol.asyncDispose]();
});

describe.skipIf(!hasLoopback)("processes", () => {
  test.each([2, 8])("%i load the same model at once: one downloads, all compute the same", async (count) => {
    hub.fault = ({ at }) => (at === "store" ? { drip: { bytes: 20_000, everyMs: 20 } } : undefined);
    const programs = Array.from({ length: count }, () => start("load"));
    const results = (await Promise.all(programs.map(({ ended }) => ended))).map((ended) =>
      result<{ directory: string; vector: number[] }>(ended),
    );
    expect(new Set(results.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(results[0]!.vector.every(Number.isFinite)).toBe(true);
    const downloads = hub.asked.filter(({ at, name }) => at === "store" || name === "config.json");
    expect(downloads.map(({ name }) => name).sort()).toEqual(["config.json", "onnx/model.onnx"]);
    expect((await verifyModel(ID)).ok).toBe(true);
    expectSound(cache);
    expect(leftovers(cache)).toEqual([]);
  });

  test("that lose their locks, again and again, download more than once and damage nothing", async () => {
    hub.fault = ({ at }) => (at === "store" ? { drip: { bytes: 50_000, everyMs: 20 } } : undefined);
    let running = true;
    const saboteur = (async () => {
      while (running) {
        try {
          rmSync(join(cache, ".locks"), { recursive: true, force: true });
        } catch (error) {
          // A process has made a lock anew while its folder was being removed.
          if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY") throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    // A process whose lock vanishes while it is being made may end with an error, on a bad day all four; none may leave anything wrong.
    let good = 0;
    for (let round = 0; round < 5 && good === 0; round++) {
      const programs = Array.from({ length: 4 }, () => start("pull"));
      const ended = await Promise.all(programs.map(({ ended }) => ended));
      good = ended.filter(({ code }) => code === 0).length;
      expectSound(cache);
    }
    running = false;
    await saboteur;
    expect(good).toBeGreaterThan(0);
    expectSound(cache);
    expect(result<PulledModel>(await start("pull").ended).id).toBe(ID);
    expect((await verifyModel(ID)).ok).toBe(true);
  });

  test("without the right to make links copy, and find everything again", async () => {
    const env = { BGE_JS_FAULT: "no links" };
    const { directory, downloadedBytes } = result<PulledModel>(await start("pull", env).ended);
    expect(downloadedBytes).toBeGreaterThan(0);
    expect(lstatSync(join(directory, "onnx", "model.onnx")).isFile()).toBe(true);
    const asked = hub.asked.length;
    expect(result<{ vector: number[] }>(await start("load", env).ended).vector).toHaveLength(8);
    expect(hub.asked).toHaveLength(asked);
    expect((await verifyModel(ID)).ok).toBe(true);
    writeFileSync(join(directory, "tokenizer.json"), "{}");
    expect((await verifyModel(ID)).ok).toBe(false);
    expect(result<PulledModel>(await start("pull", env).ended).downloadedBytes).toBe(0);
    expect((await verifyModel(ID)).ok).toBe(true);
    expect(leftovers(cache)).toEqual([]);
  });

  test("with a full disk end with an error that says so, keep nothing half, and what was good", async () => {
    expect(result<PulledModel>(await start("pull").ended).downloadedBytes).toBeGreaterThan(0);
    hub.commit({ ...tiny, "onnx/model.onnx": Buffer.from(tiny["onnx/model.onnx"]!).fill(1, 600_000, 600_100) });
    const { code, stderr } = await start("pull", { BGE_JS_FAULT: "full", BGE_JS_FAULT_AT: "1" }).ended;
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/DOWNLOAD_FAILED/);
    expect(stderr).toMatch(/disk of .* is full.*HF_HUB_CACHE/);
    expectSound(cache);
    expect(leftovers(cache)).toEqual([]);
    expect((await verifyModel(ID)).ok).toBe(true);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(result<{ vector: number[] }>(await start("load", { HF_HUB_OFFLINE: "1" }).ended).vector).toHaveLength(8);
  });
});
