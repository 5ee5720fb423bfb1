import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { TINY_EMBEDDER, TINY_RERANKER } from "../support/adapters/contract.js";
import { bge, ended, startBge } from "../support/bge.js";
import { hasLoopback } from "../support/loopback.js";

async function serve(...args: readonly string[]): Promise<{ url: string; child: ChildProcess }> {
  const child = startBge(["serve", "--port", "0", "--model", TINY_EMBEDDER, "--threads", "1", ...args], {
    env: { BGE_TEST_KEY: "secret" },
  });
  onTestFinished(() => void child.kill());
  let err = "";
  while (!err.includes("serving on")) err += String((await once(child.stderr!, "data"))[0]);
  return { url: /http:\S+/.exec(err)![0], child };
}

const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe.skipIf(!hasLoopback)("bge serve", () => {
  test("embeds and reranks on the loopback interface, and ends cleanly", async () => {
    const { url, child } = await serve("--reranker", TINY_RERANKER);
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const { data } = (await (await post(`${url}/v1/embeddings`, { input: ["a cat", "a dog"] })).json()) as {
      data: { embedding: number[] }[];
    };
    expect(data.map(({ embedding }) => embedding.length)).toEqual([48, 48]);
    const ranked = (await (await post(`${url}/rerank`, { query: "cats", texts: ["a cat", "the moon"] })).json()) as {
      index: number;
    }[];
    expect(ranked.map(({ index }) => index).sort()).toEqual([0, 1]);
    child.kill("SIGTERM");
    expect(await ended(child)).toMatchObject({ code: 0, out: "" });
  });

  test("asks for the key of the environment, which nothing prints", async () => {
    const { url, child } = await serve("--no-reranker", "--key-env", "BGE_TEST_KEY");
    expect((await post(`${url}/v1/embeddings`, { input: "a" })).status).toBe(401);
    expect((await post(`${url}/v1/embeddings`, { input: "a" }, { authorization: "Bearer secret" })).status).toBe(200);
    expect((await post(`${url}/rerank`, { query: "a", texts: ["b"] }, { authorization: "Bearer secret" })).ok).toBe(
      false,
    );
    child.kill("SIGINT");
    const { code, out, err } = await ended(child);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).not.toContain("secret");
  });
});

test("what cannot be served is said, with the exit code", async () => {
  expect(await bge(["serve", "--port", "70000"])).toMatchObject({ code: 2, out: "" });
  expect(await bge(["serve", "--port", "0", "--model", "./no-such-folder", "--no-reranker"])).toMatchObject({
    code: 3,
    err: expect.stringContaining("no-such-folder"),
  });
  const { code, err } = await bge(["serve", "--port", "0", "--key-env", "BGE_NO_SUCH_KEY", "--model", TINY_EMBEDDER]);
  expect(code).not.toBe(0);
  expect(err).toContain("BGE_NO_SUCH_KEY");
});
