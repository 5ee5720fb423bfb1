import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Embedder, loadEmbedder } from "@bge-js/core";
import { type BgeServer, serve } from "@bge-js/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";

/** A Python with the clients, see CONTRIBUTING.md; where there is none, these tests are skipped and counted. */
const PYTHON = process.env["BGE_JS_CLIENTS_PYTHON"] ?? "python3";
const CLIENTS = fileURLToPath(new URL("support/python/clients.py", import.meta.url));
const isHere =
  hasLoopback &&
  spawnSync(PYTHON, ["-c", "import openai, huggingface_hub, langchain_huggingface"], { stdio: "ignore" }).status === 0;

const TEXTS = ["a cat sat on a mat", "the moon is far away", "", "cats and dogs", "北京 is a city"];
const QUERY = "where is the cat?";
const KEY = "a key of this test";

describe.skipIf(!isHere)("clients in Python", () => {
  let server: BgeServer;
  let embedder: Embedder;
  let long: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever each client returns
  let found: Record<string, any>;
  beforeAll(async () => {
    const model = fixture("tiny-bert-cls");
    server = await serve({ embedder: model, port: 0, apiKey: () => KEY });
    embedder = await loadEmbedder(model, { truncation: "silent" });
    long = "far away ".repeat(embedder.maxTokens);
    const asked = { tei: server.url, openai: `${server.url}/v1`, key: KEY, texts: TEXTS, query: QUERY, long };
    // Nothing else is asked: the hub is neither needed nor reached.
    const env = { ...process.env, HF_HUB_OFFLINE: "", HF_HUB_DISABLE_TELEMETRY: "1", LANGSMITH_TRACING: "false" };
    const running = promisify(execFile)(PYTHON, ["-B", "-W", "ignore", CLIENTS], { env, maxBuffer: 1 << 26 });
    running.child.stdin!.end(JSON.stringify(asked));
    found = JSON.parse((await running).stdout);
  });
  afterAll(async () => {
    await server?.close();
    await embedder?.dispose();
  });

  function expectVectors(actual: number[][], expected: readonly Float32Array[]): void {
    expect(actual).toHaveLength(expected.length);
    for (const [i, vector] of actual.entries()) {
      expect(vector).toHaveLength(expected[i]!.length);
      for (const [d, value] of vector.entries()) expect(Math.abs(value - expected[i]![d]!)).toBeLessThan(1e-5);
    }
  }

  test.each(["openai", "openai float", "feature_extraction", "langchain documents"])(
    "%s: our vectors",
    async (client) => {
      expectVectors(found[client], await embedder.embedDocuments(TEXTS));
    },
  );

  test("a query has its instruction where the client names it", async () => {
    expectVectors(found["feature_extraction of a query"], [await embedder.embedQuery(QUERY)]);
    expectVectors([found["langchain query"]], await embedder.embedDocuments([QUERY]));
  });

  test("sentence_similarity: cosines", async () => {
    const [query, ...others] = await embedder.embedDocuments([QUERY, ...TEXTS]);
    expect(found["sentence_similarity"]).toHaveLength(TEXTS.length);
    for (const [i, other] of others.entries()) {
      const cosine = other.reduce((sum, value, d) => sum + value * query![d]!, 0);
      expect(found["sentence_similarity"][i]).toBeCloseTo(cosine, 4);
    }
  });

  test("a text over the limit is an error that says so, or cut where the client asks for it", async () => {
    for (const client of ["openai", "feature_extraction"]) {
      const [status, message] = found[`${client} too long`];
      expect(status).toBe(422);
      expect(message).toContain(`must have less than ${embedder.maxTokens} tokens`);
    }
    expectVectors(found["feature_extraction cut"], await embedder.embedDocuments([long]));
  });

  test("the models are listed", () => {
    expect(found["openai models"]).toEqual([embedder.spec.id]);
  });
});
