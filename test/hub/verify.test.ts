import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { pullModel } from "../../packages/core/src/hub/pull.js";
import { verifyModel } from "../../packages/core/src/hub/verify.js";
import { cachedModels } from "../../packages/core/src/model/cached-models.js";
import { expectSound } from "../support/hub/cache.js";
import { ID, startTinyHub, type TinyHub, tiny } from "../support/hub/tiny-hub.js";
import { hasLoopback } from "../support/loopback.js";

const coded = (code: string, parameter?: string) =>
  expect.objectContaining({ name: "BgeError", code, ...(parameter === undefined ? {} : { parameter }) });
const repository = () => join(t.cache, "models--someone--tiny");
let t: TinyHub;
beforeEach(async () => {
  t = await startTinyHub();
});

describe.skipIf(!hasLoopback)("verify", () => {
  test("finds nothing wrong with what was pulled, offline", async () => {
    const { files } = await pullModel(ID);
    await t.hub[Symbol.asyncDispose]();
    const found = await verifyModel(ID);
    expect(found).toMatchObject({ ok: true, id: ID, commit: t.main });
    expect(found.files.map(({ file }) => file)).toEqual([...files].sort());
    expect(new Set(found.files.map(({ status }) => status))).toEqual(new Set(["ok"]));
  });

  test.each(["onnx/model.onnx", "config.json"])("finds one wrong byte in %s, and pull mends it", async (path) => {
    const { directory } = await pullModel(ID);
    const content = readFileSync(join(directory, path));
    content[5]! ^= 1;
    writeFileSync(join(directory, path), content);
    for (const listed of [true, false]) {
      if (!listed) rmSync(join(repository(), "trees"), { recursive: true });
      const found = await verifyModel(ID);
      expect(found.ok).toBe(false);
      expect(found.files.filter(({ status }) => status !== "ok")).toMatchObject([{ file: path, status: "damaged" }]);
    }
    expect((await pullModel(ID)).downloadedBytes).toBe(0);
    expect((await pullModel(ID, { verify: true })).downloadedBytes).toBe(content.length);
    expect((await verifyModel(ID)).ok).toBe(true);
    expectSound(t.cache);
  });

  test("finds what was cut short, and what is gone; a pull mends both", async () => {
    const { directory } = await pullModel(ID);
    writeFileSync(join(directory, "onnx", "model.onnx"), "short");
    rmSync(join(directory, "tokenizer.json"));
    const found = await verifyModel(ID);
    const wrong = found.files.filter(({ status }) => status !== "ok").map(({ file, status }) => [file, status]);
    expect(wrong).toEqual([
      ["onnx/model.onnx", "damaged"],
      ["tokenizer.json", "missing"],
    ]);
    await pullModel(ID);
    expect((await verifyModel(ID)).ok).toBe(true);
    expectSound(t.cache);
  });

  test("misses a precision that is asked for, and a graph's data", async () => {
    t.hub.commit({ ...tiny, "onnx/model.onnx_data": Buffer.alloc(9) });
    const { directory } = await pullModel(ID);
    rmSync(join(directory, "onnx", "model.onnx_data"));
    const missing = async (options = {}) =>
      (await verifyModel(ID, options)).files.filter(({ status }) => status === "missing").map(({ file }) => file);
    expect(await missing()).toEqual(["onnx/model.onnx_data"]);
    expect(await missing({ dtype: "int8" })).toContain("onnx/model_quantized.onnx");
  });

  test("of what is not in the cache is a typed error", async () => {
    await expect(verifyModel(ID)).rejects.toEqual(coded("MODEL_NOT_FOUND", "model"));
    await expect(verifyModel("../x")).rejects.toEqual(coded("INVALID_OPTION"));
  });
});

test.skipIf(!hasLoopback)("cachedModels lists what is there", async () => {
  expect(await cachedModels()).toEqual([]);
  const { files, bytes } = await pullModel(ID);
  expect(await cachedModels()).toMatchObject([
    {
      id: ID,
      directory: repository(),
      revisions: [{ commit: t.main, refs: ["main"], files: [...files].sort(), bytes, dtypes: ["fp32"] }],
    },
  ]);
});
