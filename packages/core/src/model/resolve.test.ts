import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { addFiles, folderOf } from "../../../../test/support/folders.js";
import { fixture } from "../../../../test/support/models.js";
import type { ModelReference } from "../api/model.js";
import { hubModel } from "../hub/pull.js";
import { isExported } from "./export-advice.js";
import { missingFiles, packageName } from "./files.js";
import { graphFile } from "./graphs.js";
import { toReference } from "./named-model.js";
import { resolveModel } from "./resolve.js";
import { findModel, MODELS } from "./table.js";

const tiny = fixture("tiny-bert-cls");
const coded = (code: string, parameter?: string) =>
  expect.objectContaining({ name: "BgeError", code, ...(parameter === undefined ? {} : { parameter }) });

/** Copies the tiny model, and adds or replaces files. */
function tinyModel(more: Readonly<Record<string, unknown>> = {}): string {
  const folder = folderOf();
  cpSync(tiny, folder, { recursive: true });
  addFiles(folder, more);
  return folder;
}

/** Puts the tiny model into a cache in huggingface_hub's layout: blobs, and snapshots that link to them. */
function cached(id: string): string {
  const cache = folderOf();
  const repository = join(cache, `models--${id.replaceAll("/", "--")}`);
  mkdirSync(join(repository, "snapshots"), { recursive: true });
  cpSync(tiny, join(repository, "blobs"), { recursive: true });
  symlinkSync("../blobs", join(repository, "snapshots", "0123abc"));
  addFiles(repository, { "refs/main": "0123abc\n" });
  vi.stubEnv("HF_HUB_CACHE", cache);
  return repository;
}

beforeEach(() => {
  vi.stubEnv("HF_HUB_CACHE", folderOf());
  return () => void vi.unstubAllEnvs();
});

describe("a folder", () => {
  test("is resolved by its own declaration", () => {
    const { spec, source } = resolveModel(tiny);
    expect(spec).toMatchObject({
      id: "tiny-bert-cls",
      kind: "embedding",
      pooling: "cls",
      dimensions: 48,
      maxTokens: 512,
    });
    expect(spec).toMatchObject({ queryInstruction: "Represent this sentence for searching relevant passages: " });
    expect(source).toMatchObject({
      from: "directory",
      directory: tiny,
      file: join(tiny, "onnx", "model.onnx"),
      dtype: "fp32",
      batching: "padded",
    });
  });

  test("accepts every form of path", () => {
    const here = `./${relative(process.cwd(), tiny)}`;
    const there = join("..", relative(join(process.cwd(), ".."), tiny));
    const forms = [tiny, `${tiny}/`, here, there, pathToFileURL(tiny).href, pathToFileURL(`${tiny}/`).href];
    for (const form of forms) expect(join(resolveModel(form).source.directory, ".")).toBe(join(tiny, "."));
    for (const form of forms) expect(resolveModel({ directory: form }).spec.id).toBe("tiny-bert-cls");
  });

  test.each(["./no/such", "../no-such", "/no/such", "file:///no/such", "C:\\no\\such"])(
    "%s is one, and an error that says so if it does not exist",
    (model) => {
      expect(() => resolveModel(model)).toThrow(coded("MODEL_NOT_FOUND", "model"));
      expect(() => resolveModel(model)).toThrow(/there is no folder .*no.such\. To get it: Check the path\.$/);
    },
  );

  test("that is no model's is an error naming the missing files", () => {
    expect(() => resolveModel(".")).toThrow(coded("MODEL_NOT_FOUND", "model"));
    expect(() => resolveModel(".")).toThrow(/lacks .*model\.onnx.*tokenizer\.json.*tokenizer_config\.json/);
  });

  test("by a file URL of another machine is a typed error", () => {
    expect(() => resolveModel("file://elsewhere/model")).toThrow(coded("INVALID_OPTION", "directory"));
  });

  test("without the requested precision is an error naming those there are", () => {
    expect(() => resolveModel(tiny, { dtype: "int8" })).toThrow("it has dtype fp32");
    expect(() => resolveModel(tiny, { dtype: "fp16" })).toThrow(/model_fp16\.onnx/);
    const both = tinyModel({ "onnx/model_quantized.onnx": "x" });
    expect(() => resolveModel(both, { dtype: "fp16" })).toThrow(
      /it has dtype fp32, int8: choose by \{ dtype: "fp32" \}\)\. To get it: choose one that is there, or add the missing file\.$/,
    );
  });

  test("uses the requested precision, and its batching", () => {
    const both = tinyModel({ "onnx/model_quantized.onnx": "x" });
    const int8 = resolveModel(both, { dtype: "int8" }).source;
    expect(int8).toMatchObject({ dtype: "int8", batching: "alone", file: join(both, "onnx", "model_quantized.onnx") });
    expect(resolveModel(both, { dtype: "q8" }).source).toEqual(int8);
    expect(resolveModel({ directory: both, dtype: "int8" }).source).toEqual(int8);
    expect(resolveModel({ directory: both, dtype: "int8" }, { dtype: "fp32" }).source.dtype).toBe("fp32");
    expect(int8.fingerprint).not.toBe(resolveModel(both).source.fingerprint);
  });

  test("without a declared pooling is an error saying how to pass it; passing it is enough", () => {
    const folder = folderOf();
    cpSync(tiny, folder, { recursive: true, filter: (path) => !path.includes("1_Pooling") });
    expect(() => resolveModel(folder)).toThrow(coded("MODEL_MISMATCH", "pooling"));
    expect(() => resolveModel(folder)).toThrow(`Pass it: { directory: ${JSON.stringify(folder)}, pooling: ... }`);
    expect(resolveModel({ directory: folder, pooling: "mean" }).spec).toMatchObject({ pooling: "mean" });
  });

  test("has our own facts in bge.json; the caller's take precedence", () => {
    const folder = tinyModel({ "bge.json": { batching: "equal-length", id: "me/mine", dtype: "fp32" } });
    expect(resolveModel(folder)).toMatchObject({ spec: { id: "me/mine" }, source: { batching: "equal-length" } });
    const own = resolveModel({ directory: folder, batching: "alone", id: "you/yours", queryInstruction: "" });
    expect(own).toMatchObject({ spec: { id: "you/yours", queryInstruction: "" }, source: { batching: "alone" } });
  });

  test("with a known id has the table's facts, whatever its files declare; bge.json and the caller take precedence", () => {
    const folder = tinyModel({ "1_Pooling/config.json": { pooling_mode_mean_tokens: true }, "bge.json": {} });
    const known = findModel("BAAI/bge-small-zh-v1.5");
    expect(resolveModel({ directory: folder, id: "bge-small-zh-v1.5" }).spec).toEqual(known);
    addFiles(folder, { "bge.json": { dimensions: 48, output: "dense", id: "someone/else" } });
    const reference = { directory: folder, id: "BAAI/bge-small-zh-v1.5" };
    expect(resolveModel(reference).spec).toEqual({ ...known, dimensions: 48, output: "dense" });
    expect(resolveModel({ ...reference, dimensions: 24 }).spec).toMatchObject({ dimensions: 24, output: "dense" });
  });

  test("of a reranker", () => {
    expect(resolveModel(fixture("tiny-xlmr-reranker")).spec).toEqual({
      id: "tiny-xlmr-reranker",
      kind: "reranker",
      architecture: "xlm-roberta",
      maxTokens: 512,
      output: "logits",
      licence: "unknown",
    });
  });
});

describe("the limit", () => {
  const limited = (model_max_length: unknown) => ({ "tokenizer_config.json": { model_max_length } });
  const limitsOf = (model: string | ModelReference) => {
    const { maxTokens, defaultMaxTokens } = resolveModel(model).spec;
    return [maxTokens, defaultMaxTokens];
  };
  const config = (max_position_embeddings: number) => ({
    "config.json": { architectures: ["BertModel"], model_type: "bert", hidden_size: 48, max_position_embeddings },
    "bge.json": {},
    "sentence_bert_config.json": {},
  });

  test("in use is the lowest in any file; the maximum is the position table's", () => {
    expect(limitsOf(tinyModel({ ...config(1024), ...limited(512) }))).toEqual([1024, 512]);
    expect(limitsOf(tinyModel({ ...config(1024), ...limited(1e30) }))).toEqual([1024, undefined]);
    expect(limitsOf(tinyModel({ ...config(256), ...limited(512) }))).toEqual([256, undefined]);
    const asked = { "sentence_bert_config.json": { max_seq_length: 64 } };
    expect(limitsOf(tinyModel({ ...config(512), ...limited(32), ...asked }))).toEqual([512, 32]);
    expect(limitsOf(tinyModel({ ...config(512), ...limited(128), ...asked }))).toEqual([512, 64]);
  });

  test("in bge.json counts like the others, and the caller's takes precedence", () => {
    const own = (facts: object) => tinyModel({ ...config(1024), ...limited(128), "bge.json": facts });
    expect(limitsOf(own({ defaultMaxTokens: 512 }))).toEqual([1024, 128]);
    expect(limitsOf(own({ defaultMaxTokens: 64 }))).toEqual([1024, 64]);
    expect(limitsOf(own({ maxTokens: 4096 }))).toEqual([4096, 128]);
    expect(limitsOf({ directory: own({}), defaultMaxTokens: 1000 })).toEqual([1024, 1000]);
    expect(limitsOf({ directory: own({}), maxTokens: 100 })).toEqual([100, undefined]);
    expect(limitsOf({ directory: tinyModel({ ...config(512), ...limited(1e30) }), maxTokens: 600 })).toEqual([
      600,
      undefined,
    ]);
    const more = tinyModel({ ...config(512), ...limited(1e30), "bge.json": { maxTokens: 600 } });
    expect(limitsOf(more)).toEqual([600, 512]);
  });

  test("of a known id is the table's, or the folder's if lower", () => {
    const id = "BAAI/bge-m3";
    expect(limitsOf({ id, directory: tinyModel({ ...config(8192), ...limited(8192) }) })).toEqual([8192, 512]);
    expect(limitsOf({ id, directory: tinyModel({ ...config(8192), ...limited(128) }) })).toEqual([8192, 128]);
    expect(limitsOf({ id, directory: tinyModel({ ...config(256), ...limited(1e30) }) })).toEqual([256, undefined]);
    expect(limitsOf({ id: "bge-base-en", directory: tinyModel({ ...config(512), ...limited(256) }) })).toEqual([
      512, 256,
    ]);
  });

  test("of a cross-encoder is read the same way", () => {
    const folder = folderOf();
    cpSync(fixture("tiny-bert-reranker"), folder, { recursive: true });
    addFiles(folder, { ...limited(64), "bge.json": {} });
    expect(limitsOf(folder)).toEqual([512, 64]);
  });

  test.each([0, -1, 1.5, "512", true])("cannot be %j", (value) => {
    expect(() => limitsOf(tinyModel(limited(value)))).toThrow(coded("MODEL_CORRUPT"));
    expect(() => limitsOf(tinyModel(limited(value)))).toThrow("model_max_length");
  });
});

describe("a folder written like an id is", () => {
  const within = (name: string) => {
    const root = folderOf();
    cpSync(tiny, join(root, name), { recursive: true });
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(root);
    onTestFinished(() => cwd.mockRestore());
    return root;
  };

  test.each(["models/tiny", "models/tiny/", "a/b/c", "someone--else"])("used if it exists: %s", (name) => {
    const root = within(name);
    expect(resolveModel(name).source).toMatchObject({
      from: "directory",
      directory: join(root, name).replace(/\/$/, ""),
    });
  });

  test("ignored where the table knows the id, and the error says how to write it", () => {
    const root = within("BAAI/bge-large-zh");
    const missing = () => resolveModel("BAAI/bge-large-zh");
    expect(missing).toThrow(`folder ${join(root, "BAAI", "bge-large-zh")} was ignored`);
    expect(missing).toThrow('pass "./BAAI/bge-large-zh" for the folder');
    expect(resolveModel("./BAAI/bge-large-zh").spec.id).toBe("bge-large-zh");
  });

  test("never used for { id }", () => {
    within("models/tiny");
    expect(() => resolveModel({ id: "models/tiny" })).toThrow(coded("MODEL_NOT_FOUND"));
  });

  test("named in the error if it does not exist", () => {
    const root = within("models/tiny");
    expect(() => resolveModel("models/small")).toThrow(`no folder ${join(root, "models", "small")}`);
    expect(() => resolveModel("models/small/")).toThrow(/there is no folder .*models.small/);
    expect(() => resolveModel("a/b/c")).toThrow(`there is no folder ${join(root, "a", "b", "c")}`);
    // A file is not a folder.
    expect(() => resolveModel("models/tiny/config.json")).toThrow(coded("INVALID_OPTION", "id"));
  });

  test("not looked for if the working folder is gone", () => {
    const cwd = vi.spyOn(process, "cwd").mockImplementation(() => {
      throw new Error("ENOENT: uv_cwd");
    });
    onTestFinished(() => cwd.mockRestore());
    expect(() => toReference("someone/model")).not.toThrow();
  });
});

describe("a URL", () => {
  test("of a folder is a model, and a directory", () => {
    const url = pathToFileURL(`${tiny}/`);
    for (const model of [url, { directory: url }, url.href, { directory: url.href, id: "me/mine" }]) {
      expect(join(resolveModel(model).source.directory, ".")).toBe(join(tiny, "."));
    }
  });

  test("of anything else is rejected", () => {
    for (const model of [new URL("https://example.org/model"), { directory: "https://example.org/model" }]) {
      expect(() => resolveModel(model)).toThrow(coded("INVALID_OPTION", "directory"));
    }
  });
});

describe("a graph", () => {
  const graphless = () => {
    const folder = tinyModel();
    rmSync(join(folder, "onnx"), { recursive: true });
    return folder;
  };

  test("next to the other files is found, in every precision; one in onnx/ comes first", () => {
    const folder = graphless();
    addFiles(folder, { "model.onnx": "fp32", "model_quantized.onnx": "int8" });
    expect(resolveModel(folder).source.file).toBe(join(folder, "model.onnx"));
    expect(resolveModel(folder, { dtype: "int8" }).source).toMatchObject({ batching: "alone", dtype: "int8" });
    expect(() => resolveModel(folder, { dtype: "fp16" })).toThrow("it has dtype fp32, int8");
    addFiles(folder, { "onnx/model.onnx": "another" });
    expect(resolveModel(folder).source.file).toBe(join(folder, "onnx", "model.onnx"));
  });

  test("of a model whose transformer has its own folder is found in either", () => {
    const folder = folderOf({
      "modules.json": [{ type: "sentence_transformers.models.Transformer", path: "0_Transformer" }],
    });
    cpSync(tiny, join(folder, "0_Transformer"), { recursive: true });
    const facts = { directory: folder, pooling: "cls" } as const;
    expect(resolveModel(facts).source.file).toBe(join(folder, "0_Transformer", "onnx", "model.onnx"));
    addFiles(folder, { "onnx/model.onnx": "x" });
    expect(resolveModel(facts).source.file).toBe(join(folder, "onnx", "model.onnx"));
  });

  test("with another name is listed, with how to choose it, and used when chosen", () => {
    const folder = graphless();
    const names = ["model_qint8_avx512_vnni", "model_O3", "model_O4", "encoder"].map((name) => `onnx/${name}.onnx`);
    addFiles(folder, Object.fromEntries(names.map((name) => [name, name])));
    expect(() => resolveModel(folder)).toThrow(coded("MODEL_NOT_FOUND", "model"));
    for (const name of names) expect(() => resolveModel(folder)).toThrow(name);
    expect(() => resolveModel(folder)).toThrow(JSON.stringify({ directory: folder, file: names[3] }));
    const [int8, fp32, fp16, unknown] = names.map((file) => ({ directory: folder, file }));
    expect(resolveModel(int8).source).toMatchObject({
      dtype: "int8",
      batching: "alone",
      file: join(folder, int8!.file),
    });
    expect(resolveModel(fp32).source).toMatchObject({ dtype: "fp32", batching: "padded" });
    expect(resolveModel(fp16).source.dtype).toBe("fp16");
    expect(() => resolveModel(unknown)).toThrow(coded("MODEL_MISMATCH", "dtype"));
    expect(resolveModel({ ...unknown!, dtype: "int8" }).source).toMatchObject({ dtype: "int8", batching: "alone" });
    expect(resolveModel(unknown, { dtype: "fp16" }).source.dtype).toBe("fp16");
    expect(
      new Set(names.map((file) => resolveModel({ directory: folder, file, dtype: "fp32" }).source.fingerprint)).size,
    ).toBe(4);
    expect(resolveModel(fp32).spec).not.toHaveProperty("file");
  });

  test("chosen by name does not get bge.json's facts of the usual one, and may be chosen there", () => {
    const facts = { dtype: "int8", batching: "equal-length", optimized: true };
    const folder = tinyModel({ "onnx/model_O3.onnx": "x", "onnx/model_quantized.onnx": "y", "bge.json": facts });
    expect(resolveModel(folder).source).toMatchObject(facts);
    const { source } = resolveModel({ directory: folder, file: "onnx/model_O3.onnx" });
    expect(source).toMatchObject({ dtype: "fp32", batching: "padded", optimized: false });
    addFiles(folder, { "bge.json": { file: "onnx/model_O3.onnx" } });
    expect(resolveModel(folder).source.file).toBe(join(folder, "onnx", "model_O3.onnx"));
  });

  test.each(["../model.onnx", "/etc/model.onnx", "onnx\\model.onnx", "C:/model.onnx", "onnx/model.bin", ""])(
    "named %j is rejected",
    (file) => {
      expect(() => resolveModel({ directory: tiny, file })).toThrow(coded("INVALID_OPTION", "file"));
      expect(() => resolveModel(tinyModel({ "bge.json": { file } }))).toThrow(coded("MODEL_CORRUPT"));
    },
  );

  test("chosen by name but missing is an error listing those there are", () => {
    const named = () => resolveModel({ directory: tiny, file: "onnx/model_O3.onnx" });
    expect(named).toThrow(/lacks .*model_O3\.onnx.*onnx.model\.onnx/);
    expect(() => resolveModel({ directory: tiny, file: "onnx/model.onnx" }, { cutoffLayer: 3 })).toThrow(
      coded("INVALID_OPTION", "cutoffLayer"),
    );
  });

  test("changes its fingerprint with its data, whatever its name", () => {
    const folder = tinyModel({ "model.onnx": "graph" });
    const file = (name: string) => resolveModel({ directory: folder, file: name }).source.fingerprint;
    for (const [graph, data] of [
      ["onnx/model.onnx", "onnx/Constant_7_attr__value"],
      ["onnx/model.onnx", "onnx/weights.bin"],
      ["onnx/model.onnx", "onnx/model.onnx_data"],
      ["model.onnx", "model.onnx_data"],
      ["model.onnx", "onnx__MatMul_12"],
    ] as const) {
      const before = file(graph);
      addFiles(folder, { [data]: "data" });
      expect(file(graph), data).not.toBe(before);
    }
    const before = file("model.onnx");
    addFiles(folder, { "model.safetensors": "x", LICENSE: "x", "tf_model.h5": "x", "pytorch_model.bin": "x" });
    expect(file("model.onnx")).toBe(before);
  });
});

describe("an id", () => {
  test("is found in the Hugging Face cache, in main's snapshot", () => {
    const repository = cached("BAAI/bge-base-en-v1.5");
    const { spec, source } = resolveModel("BAAI/bge-base-en-v1.5");
    expect(spec).toMatchObject({ id: "BAAI/bge-base-en-v1.5", queryInstruction: expect.stringContaining("passages") });
    expect(source).toMatchObject({ from: "cache", directory: join(repository, "snapshots", "0123abc") });
    expect(resolveModel("bge-base-en-v1.5").source).toEqual(source);
  });

  test("that is not in the table gets its facts from its files in the cache", () => {
    cached("someone/their-model");
    expect(resolveModel("someone/their-model").spec).toMatchObject({ id: "someone/their-model", dimensions: 48 });
  });

  test("of an installed model package is found there before the cache", () => {
    cached("BAAI/bge-small-en-v1.5");
    const { source } = resolveModel("bge-small-en-v1.5");
    expect(source).toMatchObject({ from: "package", dtype: "int8" });
    expect(resolveModel().source).toEqual(source);
  });

  test("is looked for in the cache if the package lacks the requested precision", () => {
    const repository = cached("BAAI/bge-small-en-v1.5");
    expect(resolveModel("bge-small-en-v1.5", { dtype: "fp32" }).source.directory).toContain(repository);
  });

  test("whose package lacks the requested precision is an error saying what helps, which the installed package does not", () => {
    const missing = () => resolveModel("BAAI/bge-small-en-v1.5", { dtype: "fp16" });
    expect(missing).toThrow(
      /it has dtype int8: choose by \{ dtype: "int8" \}.*To get it: choose one that is there; or await pullModel\("BAAI\/bge-small-en-v1\.5", \{"dtype":"fp16"\}\), or hf /,
    );
    expect(missing).not.toThrow(/npm install/);
    expect(() => resolveModel("bge-js/reranker-small-en", { dtype: "fp32" })).toThrow(
      /it has dtype int8: .*To get it: choose one that is there; or pass \{ id, directory \} of a folder/,
    );
  });

  test("that is nowhere is an error listing every place and how to get it", () => {
    const missing = () => resolveModel("BAAI/bge-large-zh");
    expect(missing).toThrow(coded("MODEL_NOT_FOUND", "model"));
    expect(missing).toThrow("no model package exists for BAAI/bge-large-zh");
    expect(missing).toThrow(/no .*models--BAAI--bge-large-zh.*refs.main/);
    expect(missing).toThrow("or hf download BAAI/bge-large-zh (");
    expect(() => resolveModel("someone/nothing")).toThrow("no model package exists for someone/nothing");
  });

  test("is looked for in a package where there is one, and nothing else is said to be installable", () => {
    const folder = (name: string) => fileURLToPath(new URL(`../../../../${name}`, import.meta.url));
    const published = new Set(readdirSync(folder("packages")).map((name) => `@bge-js/${name}`));
    for (const model of MODELS) {
      if ("needs" in model) continue;
      const { id } = model;
      const own = packageName(id);
      // The packages are installed here, and none has this file.
      const missing = () => resolveModel({ id, file: "onnx/none.onnx", dtype: "fp32" });
      if (own !== undefined && published.has(own)) {
        expect(missing).toThrow(/Tried: package .*To get it: choose one that is there/);
        continue;
      }
      expect(missing).toThrow(`no model package exists for ${id}`);
      expect(missing).not.toThrow(/npm install|is not installed|@bge-js\/model-/);
      expect(missing).toThrow(isExported(id) ? `tools/export/export ${id}` : `pullModel(${JSON.stringify(id)})`);
    }
    expect(() => resolveModel("bge-js/nothing")).toThrow(
      /Tried: .*no model package exists for bge-js\/nothing\. To get it: pass \{/,
    );
    expect(() => hubModel("bge-js/nothing", {})).toThrow(/none for this id$/);
  });

  test("whose snapshot is incomplete is an error listing the files", () => {
    const repository = cached("someone/partial");
    addFiles(repository, { "refs/main": "fff" });
    expect(() => resolveModel("someone/partial")).toThrow(/cache .*snapshots.fff lacks .*model\.onnx/);
  });

  test("with a revision is that of the cache, never the package's", () => {
    const repository = cached("BAAI/bge-small-en-v1.5");
    addFiles(repository, { "refs/v1": "0123abc" });
    const { source } = resolveModel("bge-small-en-v1.5", { revision: "v1" });
    expect(source.directory).toBe(join(repository, "snapshots", "0123abc"));
    expect(() => resolveModel("bge-small-en-v1.5", { revision: "v2" })).toThrow(/Tried: no .*refs.v2/);
    expect(() => resolveModel(tiny, { revision: "v1" })).toThrow(coded("INVALID_OPTION", "revision"));
  });

  test.each(["a/b/c", "x\\..\\..\\y", "BAAI/../../x", "a--b", "x y"])(
    "%s is not one, and never becomes a path",
    (id) => {
      expect(() => resolveModel(id)).toThrow(coded("INVALID_OPTION", "id"));
      expect(() => resolveModel({ id, directory: tiny })).not.toThrow(coded("INVALID_OPTION", "id"));
    },
  );

  test("whose cached commit is a path is not followed", () => {
    const repository = cached("someone/else");
    addFiles(repository, { "refs/main": "../../../../etc" });
    expect(() => resolveModel("someone/else")).toThrow(coded("MODEL_NOT_FOUND"));
  });

  test("that is empty is rejected", () => {
    expect(() => resolveModel("")).toThrow(coded("INVALID_OPTION", "id"));
  });

  test("in the table is checked by its facts before any file is looked for", () => {
    const check = () => {
      throw new Error("not this one");
    };
    expect(() => resolveModel("BAAI/bge-reranker-large", { check })).toThrow("not this one");
    expect(() => resolveModel("someone/else", { check })).toThrow(coded("MODEL_NOT_FOUND"));
    const checked: object[] = [];
    expect(() =>
      resolveModel({ id: "bge-large-zh", dimensions: 7 }, { check: (spec) => checked.push(spec) }),
    ).toThrow();
    expect(checked).toEqual([{ ...findModel("bge-large-zh"), dimensions: 7 }]);
  });
});

describe("the table of models", () => {
  test("finds each by its full id and its short name", () => {
    for (const model of MODELS) {
      expect(findModel(model.id)).toBe(model);
      expect(findModel(model.id.replace("BAAI/", ""))).toBe(model);
    }
  });

  test.each(["other/bge-small-en-v1.5", "baai/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5 ", "BAAI/", "small"])(
    "does not know %j",
    (id) => {
      expect(findModel(id)).toBeUndefined();
    },
  );

  test("has all expected models, each once", () => {
    const sizes = ["small", "base", "large"];
    const plain = sizes.flatMap((size) => ["en", "zh"].flatMap((l) => [`bge-${size}-${l}`, `bge-${size}-${l}-v1.5`]));
    const others = [
      "bge-m3",
      "BGE-VL-base",
      "BGE-VL-large",
      ...["MLLM-S1", "MLLM-S2", "v1.5-zs", "v1.5-mmeb", "Screenshot"].map((name) => `BGE-VL-${name}`),
      "bge-reranker-base",
      "bge-reranker-large",
      "bge-reranker-v2-m3",
      "llm-embedder",
      "bge-code-v1",
      "bge-multilingual-gemma2",
      "bge-en-icl",
      "bge-reasoner-embed-qwen3-8b-0923",
      "bge-reranker-v2-gemma",
      "bge-reranker-v2-minicpm-layerwise",
      "bge-reranker-v2.5-gemma2-lightweight",
    ];
    expect(MODELS.map(({ id }) => id).sort()).toEqual(
      [...[...plain, ...others].map((name) => `BAAI/${name}`), "bge-js/reranker-small-en"].sort(),
    );
  });

  test("has the exact instructions", () => {
    const instructionOf = (id: string) => (findModel(id) as { queryInstruction?: string }).queryInstruction;
    for (const size of ["small", "base", "large"]) {
      for (const version of ["", "-v1.5"]) {
        expect(instructionOf(`bge-${size}-en${version}`)).toBe(
          "Represent this sentence for searching relevant passages: ",
        );
        expect(instructionOf(`bge-${size}-zh${version}`)).toBe("为这个句子生成表示以用于检索相关文章：");
      }
    }
    expect(instructionOf("bge-small-zh-v1.5")?.codePointAt(18)).toBe(0xff1a);
    expect(instructionOf("bge-m3")).toBe("");
  });

  test.each([
    ["bge-small-en-v1.5", { dimensions: 384, maxTokens: 512, pooling: "cls", architecture: "bert", licence: "MIT" }],
    ["bge-base-en-v1.5", { dimensions: 768, maxTokens: 512 }],
    ["bge-large-en-v1.5", { dimensions: 1024, maxTokens: 512 }],
    ["bge-small-zh-v1.5", { dimensions: 512, maxTokens: 512 }],
    ["bge-base-zh", { dimensions: 768 }],
    ["bge-large-zh", { dimensions: 1024 }],
    ["bge-m3", { dimensions: 1024, maxTokens: 8192, defaultMaxTokens: 512, architecture: "xlm-roberta" }],
    ["bge-reranker-base", { kind: "reranker", maxTokens: 512, architecture: "xlm-roberta" }],
    ["bge-reranker-v2-m3", { kind: "reranker", maxTokens: 8192, defaultMaxTokens: 512 }],
    ["bge-code-v1", { pooling: "last-token", dimensions: 1536, queryFormat: "<instruct>{instruction}\n<query>{text}" }],
    ["bge-multilingual-gemma2", { pooling: "last-token", queryFormat: "<instruct>{instruction}\n<query>{text}" }],
    ["bge-reasoner-embed-qwen3-8b-0923", { queryFormat: "Instruct: {instruction}\nQuery: {text}" }],
    ["bge-reranker-v2-minicpm-layerwise", { layers: { first: 8, last: 40 } }],
    ["bge-reranker-v2.5-gemma2-lightweight", { needs: expect.any(String) }],
  ])("has the facts of %s", (id, facts) => {
    expect(findModel(id)).toMatchObject(facts);
  });
});

test("missingFiles lists the graph and the tokenizer's files", () => {
  expect(missingFiles(tiny, graphFile("fp32"))).toEqual([]);
  expect(missingFiles(tiny, graphFile("int8"))).toEqual([join(tiny, "onnx", "model_quantized.onnx")]);
  expect(missingFiles("/nowhere", graphFile("fp16"))).toHaveLength(3);
});

test("packageName only knows packages for BAAI's models", () => {
  expect(packageName("BAAI/bge-small-zh-v1.5")).toBe("@bge-js/model-bge-small-zh-v1.5");
  expect(packageName("other/bge-small-zh-v1.5")).toBeUndefined();
});
