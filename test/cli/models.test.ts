import { truncateSync } from "node:fs";
import { join } from "node:path";
import { MODELS, type PulledModel } from "@bge-js/core";
import { describe, expect, test } from "vitest";
import { bge, jsonLines } from "../support/bge.js";
import { folderOf } from "../support/folders.js";
import { startTinyHub } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";

const LOCAL = ["BAAI/bge-small-en-v1.5", "BAAI/bge-small-zh-v1.5", "bge-js/reranker-small-en"];

describe("models", () => {
  test("lists every model of the table, with licence and place", async () => {
    const { code, out } = await bge(["models", "--json"], { env: { HF_HOME: folderOf() } });
    expect(code).toBe(0);
    const listed = jsonLines(out);
    expect(listed.map(({ id }) => id)).toEqual(MODELS.map(({ id }) => id));
    expect(
      listed
        .filter(({ from }) => from === "package")
        .map(({ id }) => id)
        .sort(),
    ).toEqual(LOCAL);
    for (const { licence, from, bytes } of listed)
      expect([typeof licence, (bytes as number) > 0]).toEqual(["string", from !== "hub"]);
  });

  test("as a table, of this machine's alone", async () => {
    const { out } = await bge(["models", "--local"], { env: { HF_HOME: folderOf() } });
    const [head, ...rows] = out.trimEnd().split("\n");
    expect(head).toMatch(/^model +kind +dimensions +tokens +licence/);
    expect(rows.map((row) => row.split(/ +/)[0]).sort()).toEqual(LOCAL);
  });
});

describe.skipIf(!hasLoopback)("pull", () => {
  test("downloads, says where, and then has it", async () => {
    const { cache, hub } = await startTinyHub();
    const { code, out, err } = await bge(["pull", "someone/tiny"]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^${cache}/models--someone--tiny/snapshots/[0-9a-f]{40}\n$`));
    expect(err).toMatch(/^someone\/tiny fp32 at [0-9a-f]{12}: .* downloaded now\n$/);
    const again = await bge(["pull", "--json", "someone/tiny"]);
    expect(jsonLines<PulledModel>(again.out)[0]).toMatchObject({ id: "someone/tiny", downloadedBytes: 0 });
    const { out: listed } = await bge(["models", "--local", "--json"]);
    expect(jsonLines(listed).find(({ id }) => id === "someone/tiny")).toMatchObject({
      from: "cache",
      dtypes: ["fp32"],
    });
    const used = hub.asked.length;
    expect((await bge(["embed", "--offline", "-m", "someone/tiny"], { input: '"x"' })).code).toBe(0);
    expect(hub.asked).toHaveLength(used);
  });

  test("a damaged file is found by doctor, and repaired by pull --verify", async () => {
    await startTinyHub();
    await bge(["pull", "someone/tiny"]);
    const doctor = () => bge(["doctor", "--no-benchmark"]);
    expect((await doctor()).out).toMatch(/someone\/tiny +fp32 +cache .* files verified\n/);
    const [{ directory }] = jsonLines<PulledModel>((await bge(["pull", "--json", "someone/tiny"])).out) as [
      PulledModel,
    ];
    truncateSync(join(directory, "onnx", "model.onnx"), 1000);
    expect(await doctor()).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /PROBLEM: someone\/tiny: onnx\/model\.onnx is damaged; bge pull --verify someone\/tiny/,
      ),
    });
    expect((await bge(["pull", "--verify", "someone/tiny"])).code).toBe(0);
    expect((await doctor()).code).toBe(0);
  });

  test("an id that the hub does not have", async () => {
    await startTinyHub();
    expect(await bge(["pull", "someone/nothing"])).toMatchObject({
      code: 3,
      out: "",
      err: expect.stringContaining("MODEL_NOT_FOUND"),
    });
    expect(await bge(["pull"])).toMatchObject({ code: 2, out: "" });
  });
});
