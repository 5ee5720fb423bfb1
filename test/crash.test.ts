import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BgeError, type Embedder, type LoadOptions, loadEmbedder, loadReranker } from "@bge-js/core";
import { afterEach, describe, expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { fixture } from "./support/models.js";
import { words } from "./support/texts.js";
import { ISOLATIONS, idsOf, killAll, killedBy, live, onPost, started, until } from "./support/workers.js";

const loaded: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  onPost.clear();
  await Promise.all(loaded.splice(0).map((one) => one.dispose()));
  expect(live.size).toBe(0);
});
async function embedder(options: LoadOptions, batching: "alone" | "padded" = "padded"): Promise<Embedder> {
  const model = await loadEmbedder(
    { directory: fixture("tiny-bert-cls"), batching },
    { truncation: "silent", threads: 2, workers: 2, ...options },
  );
  loaded.push(model);
  return model;
}
const texts = Array.from({ length: 300 }, (_, i) => words(20 + ((i * 37) % 180), i + 1));

describe.each(ISOLATIONS)("with workers in a %s", (isolation) => {
  test("the numbers are the same as in threads", async () => {
    const [one, other] = [await embedder({ isolation }), await embedder({ isolation: "thread" })];
    expect(await one.embedDocuments(texts)).toEqual(await other.embedDocuments(texts));
    expect(await one.embedQuery("x")).toEqual(await other.embedQuery("x"));
    const options = { inputType: "query" } as const;
    expect(await one.embedTokens(["a b", "c"], options)).toEqual(await other.embedTokens(["a b", "c"], options));
  });

  test("one that is killed loses its own batch alone, and is replaced", async () => {
    const model = await embedder({ isolation });
    let killed = false;
    const failure = (await model
      .embedDocuments(texts, {
        onProgress: ({ completed }) => {
          if (completed < 100 || killed) return;
          killed = true;
          void [...live][0]!.kill();
        },
      })
      .catch((error: unknown) => error)) as BgeError;
    expect(failure).toBeInstanceOf(BgeError);
    expect(failure).toMatchObject({ code: "WORKER_LOST" });
    // A batch holds 512 tokens.
    expect(failure.indices!.length).toBeLessThanOrEqual(25);
    expect(failure.completed!.filter((vector) => vector === undefined)).toHaveLength(failure.indices!.length);
    expect(await model.embedDocuments(texts)).toHaveLength(300);
  });

  test("and work done again, kills cost nothing but time: all vectors come, and are right", async () => {
    const model = await embedder({ isolation, retryLost: true });
    const expected = await model.embedDocuments(texts);
    let kills = 0;
    for (let round = 0; round < 5; round++) {
      const before = kills;
      const call = model.embedDocuments(texts, {
        onProgress: ({ completed }) => {
          if (completed < 40 * (1 + kills - before) || kills - before >= 3) return;
          kills++;
          void [...live].at(-1)?.kill();
        },
      });
      const vectors = await call;
      for (const [i, vector] of vectors.entries()) {
        for (const [d, value] of vector.entries()) expect(Math.abs(value - expected[i]![d]!)).toBeLessThan(1e-5);
      }
      expect(await model.embedQuery("a query")).toHaveLength(48);
    }
    expect(kills).toBeGreaterThan(5);
  });

  test.each([
    ["read", "padded", ["encode", "encode-and-run"]],
    ["run", "padded", ["run", "encode-and-run"]],
    ["run alone", "alone", ["encode-and-run"]],
  ] as const)(
    "and work done again, a text that kills when it is %s is named, once two have died of it alone",
    async (_, batching, types) => {
      const model = await embedder({ isolation, retryLost: true }, batching);
      const poison = "jackdaws love my big sphinx of quartz";
      const ids = batching === "padded" ? await idsOf(model, poison) : [];
      const deaths = killedBy(poison, types, ids);
      await killAll();
      const list = texts.slice(0, 120);
      list[77] = poison;
      // As long, so that both share a batch.
      list[78] = poison.split(" ").reverse().join(" ");
      const failure = (await model.embedDocuments(list).catch((error: unknown) => error)) as BgeError;
      expect(failure).toMatchObject({ name: "BgeError", code: "WORKER_LOST", indices: [77] });
      expect(failure.message).toContain("not tried again");
      expect(failure.completed!.filter((vector) => vector === undefined)).toHaveLength(1);
      // In its batch, alone, and alone again.
      const each = batching === "alone" ? 2 : 3;
      expect(deaths.count).toBe(each);
      expect(await model.embedDocuments(texts.slice(0, 10))).toHaveLength(10);
      expect(deaths.count).toBe(each);

      const skipped: BgeError[] = [];
      const seen: (Float32Array | undefined)[] = [];
      const onSkip = (error: BgeError) => skipped.push(error);
      for await (const vector of model.embedStream(list, { onError: "skip", onSkip })) seen.push(vector);
      expect(skipped.map(({ code, index }) => [code, index])).toEqual([["WORKER_LOST", 77]]);
      expect(seen.filter((vector) => vector !== undefined)).toHaveLength(119);
      expect(deaths.count).toBe(2 * each);
      await expect(model.embedQuery(poison)).rejects.toMatchObject({ code: "WORKER_LOST" });
      expect(deaths.count).toBe(2 * each + 2);
    },
  );

  test("a stream has work done again although the model was not loaded so; it counts what it refuses again, too", async () => {
    const poison = "jackdaws love my big sphinx of quartz";
    const list = texts.slice(0, 60);
    list[31] = poison;
    for (const options of [{ isolation }, { isolation, truncation: "error" }] as const) {
      const model = await embedder(options);
      const ids = await idsOf(model, poison);
      const expected = await model.embedDocuments(list);
      const deaths = killedBy(poison, ["encode", "run", "encode-and-run"], ids);
      const skipped: BgeError[] = [];
      const stream = async (retryLost: boolean) => {
        skipped.length = 0;
        const settings = { onError: "skip", onSkip: (error: BgeError) => void skipped.push(error), retryLost } as const;
        const vectors: (Float32Array | undefined)[] = [];
        for await (const vector of model.embedStream(list, settings)) vectors.push(vector);
        return vectors;
      };
      const vectors = await stream(true);
      expect(skipped.map(({ code, index }) => [code, index])).toEqual([["WORKER_LOST", 31]]);
      expect(skipped[0]!.message.match(/input index/g)).toHaveLength(1);
      expect(deaths.count).toBe(3);
      expect(vectors).toEqual(expected.map((vector, i) => (i === 31 ? undefined : vector)));
      // By itself, the loss is that of all texts that were together.
      await stream(false);
      expect(skipped.length).toBeGreaterThan(1);
      onPost.clear();
      expect(await stream(false)).toEqual(expected);
    }
    const model = await embedder({ isolation, truncation: "error", retryLost: true });
    killedBy(poison, ["encode"], []);
    const failure = await model.embedDocuments(list).then(undefined, (error: BgeError) => error);
    expect(failure).toMatchObject({ code: "WORKER_LOST", indices: [31] });
    expect((failure as BgeError).message).toContain("(input index 31)");
  });

  test("that dies before it stands is started again, for what waits", async () => {
    const model = await embedder({ isolation, workers: 1 });
    await killAll();
    const before = started.count;
    const call = model.embedDocuments(texts);
    await until(() => live.size > 0);
    await killAll();
    expect(await call).toHaveLength(300);
    expect(started.count - before).toBe(2);
  });

  test("that cannot start any more, the pool goes on with what stands, and does not start again and again", async () => {
    const directory = folderOf();
    cpSync(fixture("tiny-bert-cls"), directory, { recursive: true });
    const model = await loadEmbedder({ directory, batching: "alone" }, { threads: 2, workers: 2, isolation });
    loaded.push(model);
    writeFileSync(join(directory, "onnx", "model.onnx"), "no graph");
    const before = started.count;
    // One stands; the work wants a second one before each of its runs.
    expect(await model.embedDocuments(texts)).toHaveLength(300);
    expect(started.count - before).toBeLessThanOrEqual(3);
    await killAll();
    await expect(model.embedDocuments(texts)).rejects.toMatchObject({ code: "MODEL_CORRUPT" });
    expect(live.size).toBe(0);
  });

  test("dispose rejects what is under way, waits for the end, and leaves none", async () => {
    const model = await embedder({ isolation });
    const running = expect(model.embedDocuments(texts)).rejects.toMatchObject({ code: "DISPOSED" });
    await until(() => live.size === 2);
    await Promise.all([model.dispose(), model.dispose()]);
    await running;
    expect(live.size).toBe(0);
    await expect(model.embedQuery("x")).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("`await using` disposes", async () => {
    {
      await using model = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 1, isolation });
      await using reranker = await loadReranker(fixture("tiny-bert-reranker"), { threads: 1, isolation });
      expect(await model.embedQuery("x")).toHaveLength(48);
      expect(await reranker.score("a", ["b"])).toHaveLength(1);
      expect(live.size).toBe(2);
    }
    expect(live.size).toBe(0);
  });
});
