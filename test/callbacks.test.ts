// The built package: a worker cannot start from TypeScript.
import { loadEmbedder, onEvent } from "@bge-js/core";
import { callOptions } from "@bge-js/core/adapter";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listener } from "../packages/core/src/api/callbacks.js";
import { isAbortSignal } from "../packages/core/src/checks.js";
import { fixture } from "./support/models.js";

const warnings: (Error & { code?: string })[] = [];
const rejections: unknown[] = [];
const onWarning = (warning: Error) => void warnings.push(warning);
const onRejection = (reason: unknown) => void rejections.push(reason);

beforeEach(() => {
  warnings.length = 0;
  rejections.length = 0;
  process.on("warning", onWarning);
  process.on("unhandledRejection", onRejection);
});
afterEach(() => {
  process.off("warning", onWarning);
  process.off("unhandledRejection", onRejection);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a callback that nobody waits for", () => {
  test("comes out with what it throws", () => {
    const thrown = new Error("mine");
    const tell = listener("onProgress", () => {
      throw thrown;
    })!;
    expect(tell).toThrow(thrown);
    expect(listener("onProgress", undefined)).toBeUndefined();
  });

  test("whose promise rejects is one warning, which names it, and no unhandled rejection", async () => {
    const tell = listener("onProgress", async (_: number) => {
      throw new Error("no database");
    })!;
    tell(1);
    tell(2);
    await turn();
    await turn();
    expect(warnings).toEqual([
      expect.objectContaining({
        code: "BGE_CALLBACK",
        message: expect.stringMatching(/^onProgress failed: no database/),
      }),
    ]);
    expect(rejections).toEqual([]);
  });

  test("every one of an embedder, and a listener of events", async () => {
    const failing = (name: string) => async () => {
      throw new Error(`from ${name}`);
    };
    const stop = [
      onEvent("bge-js:call", failing("onEvent")),
      onEvent("bge-js:run", () => {
        throw new Error("thrown by a listener");
      }),
    ];
    await using model = await loadEmbedder(fixture("tiny-bert-cls"), {
      threads: 1,
      maxTokens: 8,
      onTruncate: failing("onTruncate"),
      truncation: "silent",
    });
    await model.embedDocuments(["far ".repeat(50), "near"], { onProgress: failing("onProgress") });
    const options = { onError: "skip", onSkip: failing("onSkip") } as const;
    for await (const _ of model.embedStream([1 as unknown as string], options));
    for (const end of stop) end();
    await turn();
    await turn();
    const expected = ["onEvent", "onProgress", "onSkip", "onTruncate"].map((name) => `from ${name}`);
    const told = warnings.filter(({ code }) => code === "BGE_CALLBACK").map(({ message }) => message);
    for (const text of [...expected, "thrown by a listener"]) {
      expect(told.filter((message) => message.includes(text))).toHaveLength(1);
    }
    expect(rejections).toEqual([]);
  });
});

describe("a signal", () => {
  test("is known by its shape", () => {
    expect(isAbortSignal(new AbortController().signal)).toBe(true);
    for (const other of [undefined, null, true, {}, new AbortController(), new EventTarget(), { aborted: false }]) {
      expect(isAbortSignal(other)).toBe(false);
    }
  });

  test("that is none is refused by every call", async () => {
    await using model = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 1 });
    for (const signal of [
      new AbortController(),
      new EventTarget(),
      { aborted: true },
      "now",
    ] as unknown as AbortSignal[]) {
      const refused = { code: "INVALID_OPTION", parameter: "signal" };
      await expect(model.embedQuery("x", { signal })).rejects.toMatchObject(refused);
      await expect(model.embedDocuments(["x"], { signal })).rejects.toMatchObject(refused);
      await expect(model.embedStream(["x"], { signal }).next()).rejects.toMatchObject(refused);
      await expect(model.countTokens("x", { signal })).rejects.toMatchObject(refused);
      await expect(loadEmbedder(fixture("tiny-bert-cls"), { signal })).rejects.toMatchObject(refused);
      expect(() => callOptions(signal, new AbortController().signal)).toThrow(expect.objectContaining(refused));
    }
    const options = vi.fn(async () => ({}));
    await expect(model.embedQuery("x", options() as object)).rejects.toMatchObject({ parameter: "options" });
  });
});
