import { type BgeError, type Embedder, loadEmbedder } from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { originalModel } from "../support/models.js";
import { NASTY } from "../support/odd-texts.js";

/**
 * Against a real infinity_emb with bge-small-en-v1.5 in fp32: INFINITY_URL=http://127.0.0.1:7997 and BGE_JS_MODELS. docs/remote.md says
 * how it is started. Skipped and counted where either is missing.
 */
const url = process.env["INFINITY_URL"];
/** infinity refuses a longer text, and with it all others in its request. */
const MOST_CHARACTERS = 122_880;
const directory = originalModel("bge-small-en-v1.5");

describe.skipIf(url === undefined || directory === undefined)("a real infinity", () => {
  let local: Embedder;
  let remote: Embedder;
  beforeAll(async () => {
    const model = { directory: directory!, id: "BAAI/bge-small-en-v1.5" };
    local = await loadEmbedder(model);
    remote = await loadEmbedder(
      { url: url!, api: "infinity", id: model.id, compareWith: model },
      { truncation: "silent" },
    );
  });
  afterAll(async () => {
    await local.dispose();
    await remote.dispose();
  });

  test("gives our vectors, odd texts and all", async () => {
    const texts = [
      ...NASTY.map(([, text]) => text).filter((text) => text.length <= MOST_CHARACTERS),
      ...Array.from({ length: 70 }, (_, i) => `text ${i} `.repeat(1 + (i % 9))),
    ];
    const [theirs, ours] = [await remote.embedDocuments(texts), await local.embedDocuments(texts)];
    for (const [i, vector] of theirs.entries()) {
      const furthest = Math.max(...vector.map((value, d) => Math.abs(value - ours[i]![d]!)));
      expect(furthest, JSON.stringify(texts[i])).toBeLessThan(1e-5);
    }
    const [query, expected] = [await remote.embedQuery("what is a panda?"), await local.embedQuery("what is a panda?")];
    expect(Math.max(...query.map((value, d) => Math.abs(value - expected[d]!)))).toBeLessThan(1e-5);
  });

  test("refuses a text that is far too long, which costs no other its vector", async () => {
    const call = remote.embedDocuments(["one", "x".repeat(MOST_CHARACTERS + 1), "two"]);
    const error: BgeError = await call.then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: "INPUT_TOO_LONG", indices: [1] });
    expect(error.completed!.map((one) => one !== undefined)).toEqual([true, false, true]);
  });

  test("has no other model, no rerank and no path under /v1", async () => {
    const mismatch = { code: "MODEL_MISMATCH" };
    const id = "BAAI/bge-small-en-v1.5";
    await expect(loadEmbedder({ url: url!, api: "infinity", id, model: "nope" })).rejects.toMatchObject(mismatch);
    const openai = { url: `${url}/v1`, api: "openai", id, model: "bge-small-en-v1.5" } as const;
    await expect(loadEmbedder(openai)).rejects.toMatchObject(mismatch);
  });
});
