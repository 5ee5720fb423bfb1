import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { DownloadProgress } from "../../packages/core/src/api/options.js";
import { pullModel } from "../../packages/core/src/hub/pull.js";
import { verifyModel } from "../../packages/core/src/hub/verify.js";
import { cachedModels } from "../../packages/core/src/model/cached-models.js";
import { resolveModel } from "../../packages/core/src/model/resolve.js";
import { everyFile, expectSound, leftovers } from "../support/hub/cache.js";
import { blobName, type Files, filesOf } from "../support/hub/hub-double.js";
import { ID, tiny as needed, startTinyHub, type TinyHub } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";

const tiny: Files = { ...needed, "README.md": Buffer.from("# Tiny"), "pytorch_model.bin": Buffer.alloc(300_000) };
const coded = (code: string, parameter?: string) =>
  expect.objectContaining({ name: "BgeError", code, ...(parameter === undefined ? {} : { parameter }) });
const repository = () => join(t.cache, "models--someone--tiny");
let t: TinyHub;
beforeEach(async () => {
  t = await startTinyHub(tiny);
});

describe.skipIf(!hasLoopback)("a model that is only on the hub", () => {
  test("is downloaded by loadEmbedder, once, and works ever after offline", async () => {
    const seen: DownloadProgress[] = [];
    const first = await loadEmbedder(ID, { onDownload: (progress) => seen.push(progress), threads: 1 });
    const vector = await first.embedQuery("what is a panda?");
    await first.dispose();
    expect(first.source).toMatchObject({ from: "cache", directory: join(repository(), "snapshots", t.main) });
    const own = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 1 });
    expect(vector).toEqual(await own.embedQuery("what is a panda?"));
    await own.dispose();
    const graphBytes = statSync(join(fixture("tiny-bert-cls"), "onnx", "model.onnx")).size;
    expect(seen.at(-1)).toMatchObject({ model: ID, commit: t.main, file: "onnx/model.onnx", bytes: graphBytes });
    expect(seen.at(-1)!.bytesOfAll).toBe(seen.at(-1)!.totalOfAll);

    const asked = t.hub.asked.length;
    await t.hub[Symbol.asyncDispose]();
    const again = await loadEmbedder(ID, { threads: 1 });
    expect(await again.embedQuery("what is a panda?")).toEqual(vector);
    await again.dispose();
    expect(t.hub.asked).toHaveLength(asked);
  });

  test("may be a reranker, or one that late interaction reranks with", async () => {
    t.hub.commit(filesOf(fixture("tiny-bert-reranker")), "reranker");
    const reranker = await loadReranker(ID, { revision: "reranker", threads: 1 });
    expect(await reranker.score("panda", ["a bear", "hi"])).toHaveLength(2);
    await reranker.dispose();
    const late = await loadReranker({ id: ID, lateInteraction: true }, { threads: 1 });
    expect([reranker.kind, late.kind]).toEqual(["cross-encoder", "late-interaction"]);
    await late.dispose();
  });

  test("is not loaded once the signal has aborted, but its download is kept", async () => {
    const controller = new AbortController();
    const onDownload = ({ file }: DownloadProgress) => {
      if (file === "onnx/model.onnx") controller.abort(new Error("enough"));
    };
    await expect(loadEmbedder(ID, { signal: controller.signal, onDownload })).rejects.toThrow("enough");
    const sent = t.hub.sent();
    await (await loadEmbedder(ID, { threads: 1 })).dispose();
    expect(t.hub.sent() - sent).toBeLessThanOrEqual(682_245);
  });

  test("lies in the cache as huggingface_hub would have put it, and nothing else does", async () => {
    const { files, downloadedBytes, bytes, commit } = await pullModel(ID);
    expect(commit).toBe(t.main);
    expect(downloadedBytes).toBe(bytes);
    expect([...files].sort()).toEqual(Object.keys(filesOf(fixture("tiny-bert-cls"))).sort());
    const expected = files.flatMap((path) => [`blobs/${blobName(tiny[path]!)}`, `snapshots/${t.main}/${path}`]);
    expect(everyFile(repository()).sort()).toEqual([...new Set(expected), "refs/main", `trees/${t.main}.json`].sort());
    expect(readFileSync(join(repository(), "refs", "main"), "utf8")).toBe(t.main);
    const link = readlinkSync(join(repository(), "snapshots", t.main, "onnx", "model.onnx"));
    expect(link).toBe(`../../../blobs/${blobName(tiny["onnx/model.onnx"]!)}`);
    expectSound(t.cache);
    expect(leftovers(t.cache)).toEqual([]);
    expect(t.hub.asked.some(({ name }) => name === "pytorch_model.bin" || name === "README.md")).toBe(false);
  });

  test("is not asked for again by a second pull, but for what main is", async () => {
    await pullModel(ID);
    const before = t.hub.asked.length;
    expect((await pullModel(ID)).downloadedBytes).toBe(0);
    expect(t.hub.asked.slice(before).map(({ at }) => at)).toEqual(["revision"]);
    const pinned = t.hub.asked.length;
    await pullModel(ID, { revision: t.main });
    expect(t.hub.asked).toHaveLength(pinned);
  });

  test("takes all its files from one commit, even when main moves in between", async () => {
    const later = { ...tiny, "config.json": Buffer.from("{}"), "onnx/model.onnx": Buffer.alloc(200_000, 1) };
    t.hub.fault = ({ at, before }) => {
      if (at === "resolve" && before === 0) t.hub.commit(later);
      return undefined;
    };
    const { commit, directory } = await pullModel(ID);
    expect(commit).toBe(t.main);
    expect(readFileSync(join(directory, "config.json"))).toEqual(tiny["config.json"]);
    const paths = new Set(t.hub.asked.filter(({ at }) => at === "resolve").map(({ name }) => name));
    expect(paths.size).toBeGreaterThan(3);
    expectSound(t.cache);
  });

  test("gets its external data, and only that of the precision that was asked for", async () => {
    const data = {
      "onnx/model.onnx_data": Buffer.alloc(150_000, 2),
      "onnx/Constant_7_attr__value": Buffer.alloc(10, 3),
      "onnx/model_fp16.onnx": Buffer.alloc(20, 4),
      "onnx/model_fp16.onnx_data": Buffer.alloc(20, 5),
    };
    t.hub.commit({ ...tiny, ...data });
    const { files, directory } = await pullModel(ID);
    expect(files).toContain("onnx/model.onnx_data");
    expect(files).toContain("onnx/Constant_7_attr__value");
    expect(existsSync(join(directory, "onnx", "model_fp16.onnx"))).toBe(false);
    expect((await pullModel(ID, { dtype: "fp16" })).files).toContain("onnx/model_fp16.onnx_data");
    expect((await cachedModels())[0]!.revisions[0]!.dtypes).toEqual(["fp32", "fp16"]);
  });

  test("without the precision asked for: the error lists those that it has", async () => {
    await expect(pullModel(ID, { dtype: "q8" })).rejects.toEqual(coded("MODEL_NOT_FOUND", "dtype"));
    await expect(loadEmbedder(ID, { dtype: "int8" })).rejects.toThrow(/lacks onnx\/model_quantized.onnx.*dtype fp32/);
    t.hub.commit({ "README.md": Buffer.from("nothing") });
    await expect(pullModel(ID)).rejects.toThrow("no ONNX files");
  });

  test("as Optimum writes it: the graph beside the other files, with its data, and nothing else", async () => {
    const { "onnx/model.onnx": graph, ...rest } = needed;
    const beside = {
      "model.safetensors": Buffer.alloc(9),
      "tf_model.h5": Buffer.alloc(9),
      LICENSE: Buffer.from("MIT"),
    };
    const data = { "model.onnx": graph!, "model.onnx_data": Buffer.alloc(5), "model_quantized.onnx": graph! };
    const commit = t.hub.commit({ ...rest, ...beside, ...data });
    const { files, directory } = await pullModel(ID);
    expect([...files].sort()).toEqual([...Object.keys(rest), "LICENSE", "model.onnx", "model.onnx_data"].sort());
    const embedder = await loadEmbedder(ID, { threads: 1 });
    await embedder.dispose();
    expect(embedder.source).toMatchObject({ dtype: "fp32", file: join(directory, "model.onnx") });
    expect((await pullModel(ID, { dtype: "int8" })).files).toContain("model_quantized.onnx");
    expect((await cachedModels())[0]!.revisions.find((one) => one.commit === commit)!.dtypes).toEqual(["fp32", "int8"]);
    expect(await verifyModel(ID)).toMatchObject({ ok: true });
    rmSync(join(directory, "model.onnx_data"));
    expect(await verifyModel(ID)).toMatchObject({ ok: false });
    await expect(pullModel(ID, { dtype: "fp16" })).rejects.toThrow("it has dtype fp32, int8");
  });

  test("with its graph under another name: listed, and brought by its name", async () => {
    const { "onnx/model.onnx": graph, ...rest } = needed;
    t.hub.commit({ ...rest, "onnx/model_O3.onnx": graph!, "onnx/model_qint8_avx512.onnx": graph! });
    const file = "onnx/model_O3.onnx";
    await expect(loadEmbedder(ID)).rejects.toThrow(`choose by ${JSON.stringify({ id: ID, file })}`);
    await expect(pullModel({ id: ID, file: "onnx/model_O9.onnx", dtype: "fp32" })).rejects.toThrow(file);
    const embedder = await loadEmbedder({ id: ID, file }, { threads: 1 });
    await embedder.dispose();
    expect(embedder.source).toMatchObject({ dtype: "fp32", from: "cache", file: expect.stringContaining("model_O3") });
    const { files, dtype } = await pullModel({ id: ID, file: "onnx/model_qint8_avx512.onnx" });
    expect([dtype, files.filter((path) => path.endsWith(".onnx"))]).toEqual(["int8", ["onnx/model_qint8_avx512.onnx"]]);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect((await pullModel({ id: ID, file })).files).toContain(file);
  });

  test("of an old sentence-transformers, with the transformer in a folder of its own", async () => {
    const modules = [
      { type: "sentence_transformers.models.Transformer", path: "0_Transformer" },
      { type: "sentence_transformers.models.Pooling", path: "1_Pooling" },
    ];
    const outside = ["modules.json", "1_Pooling/config.json", "bge.json"];
    const moved = Object.entries(needed).map(([path, content]) => [
      outside.includes(path) ? path : `0_Transformer/${path}`,
      content,
    ]);
    t.hub.commit({ ...Object.fromEntries(moved), "modules.json": Buffer.from(JSON.stringify(modules)) });
    const { files } = await pullModel(ID);
    expect(files).toContain("0_Transformer/onnx/model.onnx");
    const embedder = await loadEmbedder(ID, { threads: 1, download: false });
    const [vector] = await embedder.embedDocuments(["what is a panda?"]);
    await embedder.dispose();
    const plain = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 1 });
    expect([vector]).toEqual(await plain.embedDocuments(["what is a panda?"]));
    await plain.dispose();
    expect(await verifyModel(ID)).toMatchObject({ ok: true });
  });

  test("takes the precision that its own bge.json names", async () => {
    const facts = Buffer.from(JSON.stringify({ dtype: "int8", batching: "alone" }));
    t.hub.commit({ ...tiny, "bge.json": facts, "onnx/model_quantized.onnx": tiny["onnx/model.onnx"]! });
    expect(await pullModel(ID)).toMatchObject({ dtype: "int8" });
    expect(resolveModel(ID).source.dtype).toBe("int8");
  });
});

describe.skipIf(!hasLoopback)("a model that another tool left half in the cache", () => {
  test("is completed by a load: a graph that was cut short, and data that is missing", async () => {
    t.hub.commit({ ...tiny, "onnx/model.onnx_data": Buffer.alloc(20) });
    const { directory } = await pullModel(ID);
    const loads = async (options = {}) => (await loadEmbedder(ID, { threads: 1, ...options })).dispose();
    truncateSync(join(directory, "onnx", "model.onnx"), 600_000);
    await expect(loads({ download: false })).rejects.toEqual(coded("MODEL_CORRUPT"));
    await loads();
    rmSync(join(directory, "onnx", "model.onnx_data"));
    await loads({ download: false });
    expect(existsSync(join(directory, "onnx", "model.onnx_data"))).toBe(false);
    await loads();
    expect(existsSync(join(directory, "onnx", "model.onnx_data"))).toBe(true);
    expectSound(t.cache);
  });
});

describe.skipIf(!hasLoopback)("a revision", () => {
  test("may be a branch, a tag or a commit; each works offline afterwards", async () => {
    const tagged = t.hub.commit({ ...tiny, "config.json": Buffer.from(`${tiny["config.json"]} `) }, "v1.0");
    const branch = t.hub.commit(tiny, "refs/pr/1");
    expect((await pullModel(ID, { revision: "v1.0" })).commit).toBe(tagged);
    expect((await pullModel(ID, { revision: "refs/pr/1" })).commit).toBe(branch);
    expect((await pullModel(ID, { revision: t.main })).commit).toBe(t.main);
    await t.hub[Symbol.asyncDispose]();
    for (const [revision, commit] of Object.entries({ "v1.0": tagged, "refs/pr/1": branch, [t.main]: t.main })) {
      expect(resolveModel(ID, { revision }).source.directory).toContain(commit);
      const embedder = await loadEmbedder(ID, { revision, threads: 1 });
      await embedder.dispose();
    }
    // Nobody asked for main itself.
    expect(existsSync(join(repository(), "refs", "main"))).toBe(false);
    expect(() => resolveModel(ID)).toThrow(coded("MODEL_NOT_FOUND"));
  });

  test("that does not exist is an error that names it", async () => {
    await expect(pullModel(ID, { revision: "v9" })).rejects.toEqual(coded("MODEL_NOT_FOUND", "revision"));
    await expect(pullModel(ID, { revision: "v9" })).rejects.toThrow('no revision "v9"');
  });

  test("that moved: a load stays with the cached commit, a pull follows and keeps what worked", async () => {
    await pullModel(ID);
    const quantized = { "onnx/model_quantized.onnx": Buffer.alloc(50_000, 7) };
    const next = t.hub.commit({ ...tiny, ...quantized });
    // int8 is not at the cached commit, so a load cannot have it without moving main.
    await expect(loadEmbedder(ID, { dtype: "int8" })).rejects.toEqual(coded("MODEL_NOT_FOUND", "dtype"));
    const before = t.hub.sent();
    expect(await pullModel(ID, { dtype: "int8" })).toMatchObject({ commit: next, dtype: "int8" });
    expect(t.hub.sent() - before).toBe(50_000);
    expect(resolveModel(ID, { dtype: "fp32" }).source.directory).toContain(next);
    expect(resolveModel(ID, { dtype: "int8" }).source.directory).toContain(next);
  });

  test("of which the cache has another precision is added to, at the same commit", async () => {
    const both = t.hub.commit({ ...tiny, "onnx/model_quantized.onnx": tiny["onnx/model.onnx"]! });
    await pullModel(ID, { dtype: "int8" });
    t.hub.commit({ ...tiny, "config.json": Buffer.from("{}") });
    const embedder = await loadEmbedder(ID, { dtype: "fp32", threads: 1 });
    await embedder.dispose();
    expect(embedder.source.directory).toContain(both);
  });

  test("whose cached commit is gone from the hub is looked up anew", async () => {
    mkdirSync(join(repository(), "refs"), { recursive: true });
    writeFileSync(join(repository(), "refs", "main"), "f".repeat(40));
    const embedder = await loadEmbedder(ID, { threads: 1 });
    await embedder.dispose();
    expect(embedder.source.directory).toContain(t.main);
  });
});

describe.skipIf(!hasLoopback)("nothing is downloaded", () => {
  test.each([
    ["by download: false", {}, { download: false }, "download: false"],
    ["by HF_HUB_OFFLINE", { HF_HUB_OFFLINE: "1" }, {}, "HF_HUB_OFFLINE"],
    ["by TRANSFORMERS_OFFLINE", { TRANSFORMERS_OFFLINE: "yes" }, {}, "TRANSFORMERS_OFFLINE"],
  ])("where it is forbidden %s; the error says so, and every place that was tried", async (_, env, options, named) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const failure = loadEmbedder(ID, options);
    await expect(failure).rejects.toEqual(coded("MODEL_NOT_FOUND", "model"));
    await expect(failure).rejects.toThrow(named);
    await expect(failure).rejects.toThrow(/no model package exists.*refs.main/);
    expect(t.hub.asked).toEqual([]);
  });

  test("for the default model, which comes with its package, nor for a folder", async () => {
    await expect(loadEmbedder("./no-such-folder")).rejects.toEqual(coded("MODEL_NOT_FOUND"));
    await expect(pullModel("./no-such-folder")).rejects.toEqual(coded("INVALID_OPTION", "model"));
    const embedder = await loadEmbedder();
    await embedder.dispose();
    expect(t.hub.asked).toEqual([]);
  });

  test("by pull with HF_HUB_OFFLINE: it says whether all is here", async () => {
    const { directory, files } = await pullModel(ID);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const asked = t.hub.asked.length;
    expect(await pullModel(ID)).toMatchObject({ directory, downloadedBytes: 0, commit: t.main });
    expect([...(await pullModel(ID)).files].sort()).toEqual([...files].sort());
    await expect(pullModel(ID, { dtype: "fp16" })).rejects.toEqual(coded("DOWNLOAD_FAILED"));
    await expect(pullModel("someone/else")).rejects.toThrow("HF_HUB_OFFLINE");
    expect(t.hub.asked).toHaveLength(asked);
  });
});
