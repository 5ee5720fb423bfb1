import { truncateSync } from "node:fs";
import { join } from "node:path";
import { MODELS, type PulledModel } from "@bge-js/core";
import { describe, expect, test } from "vitest";
import { bge, jsonLines } from "../support/bge.js";
import { folderOf } from "../support/folders.js";
import { filesOf } from "../support/hub/hub-double.js";
import { startTinyHub } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";

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
      expect([typeof licence, (bytes as number) > 0]).toEqual(["string", from === "package"]);
    const place = Object.fromEntries(
      listed.map(({ id, from, pictures, needs }) => [id, needs ? "none" : `${from} ${pictures}`]),
    );
    expect(place).toMatchObject({
      "BAAI/bge-base-en-v1.5": "hub false",
      "BAAI/bge-m3": "hub false",
      "BAAI/bge-code-v1": "export false",
      "BAAI/BGE-VL-base": "export true",
      "BAAI/BGE-VL-Screenshot": "export true",
      "BAAI/bge-reranker-v2.5-gemma2-lightweight": "none",
    });
  });

  test("as a table: which read pictures, and what has to be exported, and how", async () => {
    const { out, err } = await bge(["models"], { env: { HF_HOME: folderOf() } });
    expect(out).toMatch(/^BAAI\/BGE-VL-base +embedding, pictures too +512 +77 +MIT +export *$/m);
    expect(err).toMatch(/^bge: export: .*tools\/export\/export MODEL FOLDER.*\n$/);
  });

  test("as a table, of this machine's alone", async () => {
    const { out, err } = await bge(["models", "--local"], { env: { HF_HOME: folderOf() } });
    expect(err).toBe("");
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

  test("a model that reads pictures: both graphs, in one precision", async () => {
    await startTinyHub(filesOf(fixture("tiny-clip")));
    const [pulled] = jsonLines<PulledModel>((await bge(["pull", "--json", "someone/tiny"])).out);
    expect(pulled!.files).toEqual(
      expect.arrayContaining(["preprocessor_config.json", "onnx/vision_model.onnx", "onnx/text_model.onnx"]),
    );
    const listed = jsonLines((await bge(["models", "--local", "--json"])).out);
    expect(listed.at(-1)).toMatchObject({ id: "someone/tiny", from: "cache", dtypes: ["fp32"], pictures: true });
    expect((await bge(["doctor", "--no-benchmark"])).out).toMatch(/someone\/tiny +fp32 +cache .* files verified\n/);
  });

  test("one that has to be exported: how, in one line", async () => {
    await startTinyHub();
    for (const args of [
      ["pull", "BAAI/BGE-VL-base"],
      ["embed", "--offline", "-m", "BAAI/BGE-VL-base"],
    ]) {
      const { code, out, err } = await bge(args, { env: { HF_HUB_OFFLINE: "1" }, input: '"x"' });
      expect({ code, out }).toEqual({ code: 3, out: "" });
      expect(err).toMatch(
        /^[^\n]*without ONNX files\.[^\n]*tools\/export\/export BAAI\/BGE-VL-base \.\/bge-vl-base;[^\n]*\n$/,
      );
    }
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
