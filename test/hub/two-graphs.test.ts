import { copyFileSync, existsSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { loadMultimodalEmbedder } from "@bge-js/core/multimodal";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { pullModel } from "../../packages/core/src/hub/pull.js";
import { verifyModel } from "../../packages/core/src/hub/verify.js";
import { cachedModels } from "../../packages/core/src/model/cached-models.js";
import { folderOf } from "../support/folders.js";
import { everyFile, expectSound, leftovers } from "../support/hub/cache.js";
import { type Asked, type Files, filesOf, startHubDouble } from "../support/hub/hub-double.js";
import { ID, startTinyHub } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";

// Models that read pictures: two graphs, each with data of its own, and a file that says how pictures are prepared.

const clip: Files = filesOf(fixture("tiny-clip"));
const [TEXT, VISION] = ["onnx/text_model.onnx", "onnx/vision_model.onnx"];
const PICTURE = join(fixture("pictures"), "png-rgb.png");
const coded = (code: string) => expect.objectContaining({ name: "BgeError", code });
const vectors = async (model: string, options = {}) => {
  await using embedder = await loadMultimodalEmbedder(model, { threads: 1, ...options });
  return await embedder.embed([{ text: "a red bus" }, { image: PICTURE }]);
};

describe.skipIf(!hasLoopback)("a model with a graph for pictures", () => {
  test.each(["tiny-clip", "tiny-llava", "tiny-qwen-vl"])(
    "%s is downloaded whole by a load, and works ever after offline",
    async (name) => {
      const t = await startTinyHub(filesOf(fixture(name)));
      const first = await vectors(ID);
      expect(first).toEqual(await vectors(fixture(name)));
      expect(everyFile(t.cache).filter((path) => path.includes("/snapshots/"))).toHaveLength(
        Object.keys(filesOf(fixture(name))).length,
      );
      const asked = t.hub.asked.length;
      await t.hub[Symbol.asyncDispose]();
      expect(await vectors(ID)).toEqual(first);
      expect(t.hub.asked).toHaveLength(asked);
      expectSound(t.cache);
    },
  );

  test("brings both graphs and the data of both, of the one precision, how pictures are prepared, and the licence", async () => {
    const more = {
      [`${TEXT}_data`]: Buffer.alloc(120_000, 1),
      [`${VISION}_data`]: Buffer.alloc(150_000, 2),
      [`${VISION}_data_1`]: Buffer.alloc(30, 3),
      "onnx/text_model_fp16.onnx": Buffer.alloc(20, 4),
      "onnx/vision_model_fp16.onnx": Buffer.alloc(20, 5),
      "onnx/vision_model_fp16.onnx_data": Buffer.alloc(20, 6),
      // Of transformers.js: both graphs in one file, which nothing here reads.
      "onnx/model.onnx": Buffer.alloc(20, 7),
      LICENSE: Buffer.from("terms"),
    };
    const beside = { "README.md": Buffer.from("# Tiny"), "model.safetensors": Buffer.alloc(300_000) };
    const t = await startTinyHub({ ...clip, ...more, ...beside });
    const { files, bytes, downloadedBytes, directory } = await pullModel(ID);
    const wanted = [...Object.keys(clip), `${TEXT}_data`, `${VISION}_data`, `${VISION}_data_1`, "LICENSE"];
    expect([...files].sort()).toEqual(wanted.sort());
    expect(files).toContain("preprocessor_config.json");
    // A snapshot with the graph that a load looks for has all else.
    expect(files.at(-1)).toBe(TEXT);
    expect(downloadedBytes).toBe(bytes);
    const half = (await pullModel(ID, { dtype: "fp16" })).files;
    expect(half).toEqual(expect.arrayContaining(["onnx/vision_model_fp16.onnx", "onnx/vision_model_fp16.onnx_data"]));
    expect(half).not.toContain(`${VISION}_data`);
    expect((await cachedModels())[0]!.revisions[0]!.dtypes).toEqual(["fp32", "fp16"]);
    expect(await verifyModel(ID)).toMatchObject({ ok: true });
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect([...(await pullModel(ID)).files].sort()).toEqual(wanted.sort());
    rmSync(join(directory, `${VISION}_data_1`));
    await expect(pullModel(ID)).rejects.toThrow(`${VISION}_data_1`);
    expect(leftovers(t.cache)).toEqual([]);
  });

  test("is not there until all of it is: what an interrupted download has is kept", async () => {
    const t = await startTinyHub(clip);
    const inVision = ({ at, name }: Asked) => at === "store" && name === VISION;
    t.faulty({ cutAfter: 300_000 }, 100, inVision);
    const stop = new AbortController();
    const onProgress = ({ file, bytes }: { file: string; bytes: number }) => {
      if (file === VISION && bytes > 200_000) stop.abort(new Error("enough"));
    };
    await expect(pullModel(ID, { signal: stop.signal, onProgress })).rejects.toThrow("enough");
    await expect(vectors(ID, { download: false })).rejects.toEqual(coded("MODEL_NOT_FOUND"));
    t.hub.fault = () => undefined;
    const before = t.hub.sent();
    await pullModel(ID);
    expect(t.hub.sent() - before).toBeLessThan(clip[VISION]!.length + clip[TEXT]!.length - 150_000);
    expect(await vectors(ID)).toEqual(await vectors(fixture("tiny-clip")));
    expectSound(t.cache);
  });

  test("of which another tool left one graph is completed by a load; offline, the error says how", async () => {
    await startTinyHub(clip);
    const { directory } = await pullModel(ID);
    rmSync(join(directory, VISION));
    await expect(vectors(ID, { download: false })).rejects.toThrow(/vision_model\.onnx.* pullModel\("someone\/tiny"\)/);
    // Texts need the other graph alone.
    await (await loadEmbedder(ID, { threads: 1, download: false })).dispose();
    expect(await verifyModel(ID)).toMatchObject({ ok: false });
    expect(await vectors(ID)).toEqual(await vectors(fixture("tiny-clip")));
  });

  test.each([VISION, `${VISION}_data`, `${TEXT}_data`])(
    "of which a link leads out of the cache is refused: %s",
    async (name) => {
      await startTinyHub({ ...clip, [`${VISION}_data`]: Buffer.alloc(9, 1), [`${TEXT}_data`]: Buffer.alloc(9, 2) });
      const { directory } = await pullModel(ID);
      await vectors(ID);
      const elsewhere = join(folderOf(), "elsewhere");
      copyFileSync(join(directory, name), elsewhere);
      rmSync(join(directory, name));
      symlinkSync(elsewhere, join(directory, name));
      await expect(vectors(ID)).rejects.toMatchObject({
        code: "MODEL_CORRUPT",
        message: expect.stringContaining("leads out of the cache"),
      });
    },
  );

  test("that was damaged is found and repaired", async () => {
    await startTinyHub(clip);
    const { directory } = await pullModel(ID);
    truncateSync(join(directory, VISION), 1000);
    expect((await verifyModel(ID)).files.filter(({ status }) => status !== "ok")).toEqual([
      expect.objectContaining({ file: VISION, status: "damaged" }),
    ]);
    await pullModel(ID, { verify: true });
    expect(await verifyModel(ID)).toMatchObject({ ok: true });
  });

  test("of which the hub has one graph is refused, unless that is chosen by its name", async () => {
    const { [VISION]: _, ...rest } = clip;
    const t = await startTinyHub(rest);
    await expect(pullModel(ID)).rejects.toThrow(`lacks ${VISION}`);
    expect((await pullModel({ id: ID, file: TEXT })).files).toContain(TEXT);
    expect(existsSync(join(t.cache, "models--someone--tiny", "refs", "main"))).toBe(true);
  });
});

describe.skipIf(!hasLoopback)("a model that the hub has without ONNX files", () => {
  const torch = {
    "config.json": Buffer.from("{}"),
    "tokenizer.json": Buffer.from("{}"),
    "model.safetensors": Buffer.alloc(9),
  };
  const named = async (id: string) => {
    const t = await startTinyHub();
    const hub = await startHubDouble(id);
    onTestFinished(() => hub[Symbol.asyncDispose]());
    hub.commit(torch);
    vi.stubEnv("HF_ENDPOINT", hub.endpoint);
    return { cache: t.cache, hub };
  };
  const EXPORT = /tools\/export\/export BAAI\/BGE-VL-base \.\/bge-vl-base; .* Then load "\.\/bge-vl-base"\.$/;
  const once = (error: Error) => {
    expect(error.message.match(/tools\/export/g)).toHaveLength(1);
    expect(error.message).not.toMatch(/pullModel|hf download/);
  };

  test("each way to it says how to export it, once, and nothing that would not help", async () => {
    const { cache } = await named("BAAI/BGE-VL-base");
    const id = "BAAI/BGE-VL-base";
    const ways = [() => pullModel(id), () => loadMultimodalEmbedder(), () => loadEmbedder(id)];
    for (const offline of ["", "1"]) {
      vi.stubEnv("HF_HUB_OFFLINE", offline);
      for (const way of ways) {
        const error = (await way().then(
          () => expect.unreachable(),
          (thrown: unknown) => thrown,
        )) as Error;
        expect(error.message).toMatch(offline === "" ? /no ONNX files/ : /without ONNX files/);
        expect(error.message).toMatch(offline === "" ? /tools\/export/ : EXPORT);
        once(error);
      }
    }
    expect(everyFile(cache).filter((path) => path.includes("snapshots"))).toEqual([]);
  });

  test("so does a folder that the advice names, and that is not there", async () => {
    const { message } = (await loadMultimodalEmbedder("./bge-vl-base").then(
      () => expect.unreachable(),
      (thrown: unknown) => thrown,
    )) as Error;
    expect(message).toMatch(
      /Tried: there is no folder .*bge-vl-base\. .*check the path\. If it is to be BAAI\/BGE-VL-base: /,
    );
    expect(message).toMatch(EXPORT);
    await expect(loadMultimodalEmbedder("./other")).rejects.toThrow(
      /there is no folder .*other\. To get it: Check the path\.$/,
    );
  });

  test("and a pull that cannot reach the hub", async () => {
    const { hub } = await named("BAAI/BGE-VL-base");
    hub.fault = () => ({ status: 400 });
    const error = await pullModel("BAAI/BGE-VL-base").then(
      () => expect.unreachable(),
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "DOWNLOAD_FAILED", message: expect.stringMatching(EXPORT) });
  });

  test("of anyone's: the same, by its own name", async () => {
    await named("someone/fine-tuned");
    for (const way of [pullModel, loadEmbedder, loadReranker]) {
      await expect(way("someone/fine-tuned")).rejects.toThrow(
        /no ONNX files in any precision\. Export it once.*tools\/export\/export someone\/fine-tuned \.\/fine-tuned;/,
      );
    }
  });
});
