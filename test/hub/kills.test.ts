import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import { downloadModel, type PulledModel } from "../../packages/core/src/hub/download.js";
import { hubOf } from "../../packages/core/src/hub/hub.js";
import { verifyModel } from "../../packages/core/src/hub/verify.js";
import { resolveModel } from "../../packages/core/src/model/resolve.js";
import { folderOf } from "../support/folders.js";
import { expectSound, leftovers } from "../support/hub/cache.js";
import { filesOf, startHubDouble } from "../support/hub/hub-double.js";
import { result, startProgram } from "../support/hub/program.js";
import { ID, MAIN } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";

/** `BGE_JS_KILL_POINTS=250 npx vitest run test/hub/kills.test.ts` is the long form. */
const POINTS = Number(process.env["BGE_JS_KILL_POINTS"] ?? 15);
const SEED = Number(process.env["BGE_JS_KILL_SEED"] ?? Date.now() % 1_000_000);
afterAll(() => void vi.unstubAllEnvs());

/** mulberry32: the same points for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.skipIf(!hasLoopback)(
  `a process that is killed at any of ${POINTS} random moments (seed ${SEED}) leaves nothing wrong, loses nothing good, and the next finishes`,
  { timeout: 60_000 + POINTS * 5_000 },
  async () => {
    const random = randomFrom(SEED);
    const old = filesOf(fixture("tiny-bert-cls"));
    const graph = Buffer.from(old["onnx/model.onnx"]!);
    // Another model at the next commit: other weights, another small file, and data beside the graph.
    graph.writeFloatLE(0.25, 400_000);
    const next: Record<string, Buffer> = {
      ...old,
      "onnx/model.onnx": graph,
      "onnx/model.onnx_data": Buffer.alloc(150_000, 7),
    };
    next["config.json"] = Buffer.concat([old["config.json"]!, Buffer.from("\n")]);

    let kills = 0;
    let killedMidway = 0;
    let resumed = 0;
    let steps = 0;
    let workMs = 0;
    while (kills < POINTS) {
      await using hub = await startHubDouble(ID);
      const cache = folderOf();
      vi.stubEnv("HF_HUB_CACHE", cache);
      const env = { HF_HOME: cache, HF_HUB_CACHE: cache, HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "" };
      const download = () => downloadModel(hubOf({ endpoint: hub.endpoint, token: false }), MAIN);
      const before = hub.commit(old);
      await download();
      const after = hub.commit(next);
      hub.fault = ({ at }) => (at === "store" ? { drip: { bytes: 60_000, everyMs: 4 } } : undefined);

      if (steps === 0) {
        // One life that nobody ends tells how long it is.
        const program = startProgram("pull", ID, env);
        await program.begun;
        const start = performance.now();
        const ended = await program.ended;
        workMs = performance.now() - start;
        steps = Number(/steps (\d+)/.exec(ended.stderr)![1]);
        expect(result<PulledModel>(ended).commit).toBe(after);
        expect(steps).toBeGreaterThan(50);
        continue;
      }
      let again = true;
      while (again && kills < POINTS) {
        const byStep = random() < 0.5;
        const at = String(1 + Math.floor(random() * steps));
        const program = startProgram("pull", ID, {
          ...env,
          ...(byStep ? { BGE_JS_FAULT_AT: at, BGE_JS_FAULT: random() < 0.5 ? "before" : "after" } : {}),
        });
        if (!byStep) {
          await program.begun;
          await sleep(random() * workMs);
          program.child.kill("SIGKILL");
        }
        const { signal, code, stderr } = await program.ended;
        expect(signal === "SIGKILL" || code === 0, stderr).toBe(true);
        if (signal === "SIGKILL") kills++;
        if (signal === "SIGKILL" && leftovers(cache).length > 0) killedMidway++;
        expectSound(cache);
        const { source } = resolveModel(ID);
        expect(
          [before, after].some(
            (commit) => source.directory === join(cache, "models--someone--tiny", "snapshots", commit),
          ),
        ).toBe(true);
        expect(await verifyModel(ID)).toMatchObject({ ok: true });
        again = random() < 0.4;
      }
      const asked = hub.asked.length;
      expect((await download()).commit).toBe(after);
      if (hub.asked.slice(asked).some(({ headers }) => headers.range !== undefined)) resumed++;
      expectSound(cache);
      expect(await verifyModel(ID)).toMatchObject({ ok: true, commit: after });
      expect(await verifyModel(ID, { revision: before })).toMatchObject({ ok: true });
      // Killed behind the last step, it leaves its lock, which whoever has something to do takes over.
      expect(leftovers(cache).filter((path) => !path.endsWith("/bge-js.lock"))).toEqual([]);
    }
    console.log(
      `${kills} kills, ${killedMidway} with work under way, ${resumed} downloads resumed; ${steps} steps a life`,
    );
    expect(killedMidway).toBeGreaterThan(POINTS / 4);
  },
);
