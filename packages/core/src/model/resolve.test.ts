import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { addFiles, folderOf } from "../../../../test/folders.js";
import { fixture } from "../../../../test/models.js";
import { graphFile, missingFiles, packageName } from "./files.js";
import { resolveModel } from "./resolve.js";
import { findModel, MODELS } from "./table.js";

const tiny = fixture("tiny-bert-cls");
const coded = (code: string, parameter?: string) =>
  expect.objectContaining({ name: "BgeError", code, ...(parameter === undefined ? {} : { parameter }) });

/** A copy of the tiny model, with more files or fewer. */
function tinyModel(more: Readonly<Record<string, unknown>> = {}): string {
  const folder = folderOf();
  cpSync(tiny, folder, { recursive: true });
  addFiles(folder, more);
  return folder;
}

/** The tiny model in a cache as huggingface_hub lays it out: blobs, and snapshots that link to them. */
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

  test("may be written as every form of path", () => {
    const here = `./${relative(process.cwd(), tiny)}`;
    const there = join("..", relative(join(process.cwd(), ".."), tiny));
    const forms = [tiny, `${tiny}/`, here, there, pathToFileURL(tiny).href, pathToFileURL(`${tiny}/`).href];
    for (const form of forms) expect(join(resolveModel(form).source.directory, ".")).toBe(join(tiny, "."));
    for (const form of forms) expect(resolveModel({ directory: form }).spec.id).toBe("tiny-bert-cls");
  });

  test.each(["./no/such", "../no-such", "/no/such", "file:///no/such", "C:\\no\\such", "."])(
    "%s is one, and an error that names what it lacks where it does not exist",
    (model) => {
      expect(() => resolveModel(model)).toThrow(coded("MODEL_NOT_FOUND", "model"));
      expect(() => resolveModel(model)).toThrow(/lacks .*model\.onnx.*tokenizer\.json.*tokenizer_config\.json/);
    },
  );

  test("by a file URL of another machine is a typed error", () => {
    expect(() => resolveModel("file://elsewhere/model")).toThrow(coded("INVALID_OPTION", "directory"));
  });

  test("without the precision asked for: the error names those that are there", () => {
    expect(() => resolveModel(tiny, { dtype: "int8" })).toThrow("it has dtype fp32");
    expect(() => resolveModel(tiny, { dtype: "fp16" })).toThrow(/model_fp16\.onnx/);
    const both = tinyModel({ "onnx/model_quantized.onnx": "x" });
    expect(() => resolveModel(both, { dtype: "fp16" })).toThrow("it has dtype fp32, int8");
  });

  test("takes the precision asked for, and with it what may share a run", () => {
    const both = tinyModel({ "onnx/model_quantized.onnx": "x" });
    const int8 = resolveModel(both, { dtype: "int8" }).source;
    expect(int8).toMatchObject({ dtype: "int8", batching: "alone", file: join(both, "onnx", "model_quantized.onnx") });
    expect(resolveModel(both, { dtype: "q8" }).source).toEqual(int8);
    expect(resolveModel({ directory: both, dtype: "int8" }).source).toEqual(int8);
    expect(resolveModel({ directory: both, dtype: "int8" }, { dtype: "fp32" }).source.dtype).toBe("fp32");
    expect(int8.fingerprint).not.toBe(resolveModel(both).source.fingerprint);
  });

  test("that declares no pooling is an error which says how to pass it; passing it is enough", () => {
    const folder = folderOf();
    cpSync(tiny, folder, { recursive: true, filter: (path) => !path.includes("1_Pooling") });
    expect(() => resolveModel(folder)).toThrow(coded("MODEL_MISMATCH", "pooling"));
    expect(() => resolveModel(folder)).toThrow(`Pass it: { directory: ${JSON.stringify(folder)}, pooling: ... }`);
    expect(resolveModel({ directory: folder, pooling: "mean" }).spec).toMatchObject({ pooling: "mean" });
  });

  test("carries our own facts in bge.json; those of the caller go first", () => {
    const folder = tinyModel({ "bge.json": { batching: "equal-length", id: "me/mine", dtype: "fp32" } });
    expect(resolveModel(folder)).toMatchObject({ spec: { id: "me/mine" }, source: { batching: "equal-length" } });
    const own = resolveModel({ directory: folder, batching: "alone", id: "you/yours", queryInstruction: "" });
    expect(own).toMatchObject({ spec: { id: "you/yours", queryInstruction: "" }, source: { batching: "alone" } });
  });

  test("with a known id takes the table's facts, whatever its files declare; those of bge.json and the caller's go before", () => {
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

describe("an id", () => {
  test("is found in the Hugging Face cache, by the snapshot that main names", () => {
    const repository = cached("BAAI/bge-base-en-v1.5");
    const { spec, source } = resolveModel("BAAI/bge-base-en-v1.5");
    expect(spec).toMatchObject({ id: "BAAI/bge-base-en-v1.5", queryInstruction: expect.stringContaining("passages") });
    expect(source).toMatchObject({ from: "cache", directory: join(repository, "snapshots", "0123abc") });
    expect(resolveModel("bge-base-en-v1.5").source).toEqual(source);
  });

  test("that the table does not know takes its facts from its files in the cache", () => {
    cached("someone/their-model");
    expect(resolveModel("someone/their-model").spec).toMatchObject({ id: "someone/their-model", dimensions: 48 });
  });

  test("of an installed model package is found there before the cache", () => {
    cached("BAAI/bge-small-en-v1.5");
    const { source } = resolveModel("bge-small-en-v1.5");
    expect(source).toMatchObject({ from: "package", dtype: "int8" });
    expect(resolveModel().source).toEqual(source);
  });

  test("is looked for in the cache when the package lacks the precision asked for", () => {
    const repository = cached("BAAI/bge-small-en-v1.5");
    expect(resolveModel("bge-small-en-v1.5", { dtype: "fp32" }).source.directory).toContain(repository);
  });

  test("that is nowhere: the error lists every place and how to get it", () => {
    const missing = () => resolveModel("BAAI/bge-large-zh");
    expect(missing).toThrow(coded("MODEL_NOT_FOUND", "model"));
    expect(missing).toThrow("package @bge-js/model-bge-large-zh is not installed");
    expect(missing).toThrow(/no .*models--BAAI--bge-large-zh.*refs.main/);
    expect(missing).toThrow("huggingface-cli download BAAI/bge-large-zh");
    expect(() => resolveModel("someone/nothing")).toThrow("no model package exists for someone/nothing");
  });

  test("whose snapshot is not complete: the error lists the files", () => {
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

  test.each(["a/b/c", "x\\..\\..\\y", "BAAI/../../x", "a--b", "x y"])("%s is none, and becomes no path", (id) => {
    expect(() => resolveModel(id)).toThrow(coded("INVALID_OPTION", "id"));
    expect(() => resolveModel({ id, directory: tiny })).not.toThrow(coded("INVALID_OPTION", "id"));
  });

  test("whose cached name of a commit is a path is not followed", () => {
    const repository = cached("someone/else");
    addFiles(repository, { "refs/main": "../../../../etc" });
    expect(() => resolveModel("someone/else")).toThrow(coded("MODEL_NOT_FOUND"));
  });

  test("that is empty is refused", () => {
    expect(() => resolveModel("")).toThrow(coded("INVALID_OPTION", "id"));
  });

  test("is checked by its facts before any file is looked for, if it is known", () => {
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
  test("knows each by its full id and by its short name", () => {
    for (const model of MODELS) {
      expect(findModel(model.id)).toBe(model);
      expect(findModel(model.id.replace("BAAI/", ""))).toBe(model);
    }
  });

  test.each(["other/bge-small-en-v1.5", "baai/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5 ", "BAAI/", "small"])(
    "knows nothing of %j",
    (id) => {
      expect(findModel(id)).toBeUndefined();
    },
  );

  test("holds all the models that it should, each once", () => {
    const sizes = ["small", "base", "large"];
    const plain = sizes.flatMap((size) => ["en", "zh"].flatMap((l) => [`bge-${size}-${l}`, `bge-${size}-${l}-v1.5`]));
    const others = [
      "bge-m3",
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

  test("holds the instructions to the letter", () => {
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
  ])("holds the facts of %s", (id, facts) => {
    expect(findModel(id)).toMatchObject(facts);
  });
});

test("missingFiles names the graph, and the tokenizer's files", () => {
  expect(missingFiles(tiny, graphFile("fp32"))).toEqual([]);
  expect(missingFiles(tiny, graphFile("int8"))).toEqual([join(tiny, "onnx", "model_quantized.onnx")]);
  expect(missingFiles("/nowhere", graphFile("fp16"))).toHaveLength(3);
});

test("packageName knows packages for the models of BAAI alone", () => {
  expect(packageName("BAAI/bge-small-zh-v1.5")).toBe("@bge-js/model-bge-small-zh-v1.5");
  expect(packageName("other/bge-small-zh-v1.5")).toBeUndefined();
});
