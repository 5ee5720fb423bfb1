import { describe, expect, test } from "vitest";
import { bge } from "../support/bge.js";
import { folderOf } from "../support/folders.js";
import { fixture } from "../support/models.js";

const BASE = "BAAI/bge-base-en-v1.5";
const TINY = ["--model", fixture("tiny-bert-cls")];
const TINY_RERANKER = ["--model", fixture("tiny-bert-reranker")];
const folder = fixture("notes");
const long = "word ".repeat(3000);

/** What a program writes, and nobody types. */
const OF_PROGRAMS =
  /pullModel|load[A-Z]\w*|download: |await |\{ |\b(?:maxTokens|apiKey|topN|queryInstruction)\b|truncation to/;

const run = (args: readonly string[], input = "", env: Record<string, string> = {}) =>
  bge(args, { input, env: { HF_HUB_CACHE: folderOf(), HF_HUB_OFFLINE: "", ...env } });

describe("what cannot be done is told in words of the command", () => {
  test.each<[args: string[], code: number, typed: string, input?: string]>([
    [
      ["search", folder, "dogs", "--no-index", "--offline", "--model", BASE],
      3,
      `--offline. To get it: bge pull ${BASE} (`,
    ],
    [["embed", "--offline", "--dtype", "fp16"], 3, "To get it: bge pull BAAI/bge-small-en-v1.5 --dtype fp16 ("],
    [["embed", "--offline", "--dtype", "fp16"], 3, "(it has dtype int8: choose by --dtype int8)"],
    [["rerank", "--query", "q", "--dtype", "fp32"], 3, "choose by --dtype int8). (", "a"],
    [["embed", "--offline", "--model", "BAAI/BGE-VL-base"], 3, 'Then load "./bge-vl-base". ('],
    [["mcp", folder, "--no-index", "--offline", "--model", BASE], 3, `To get it: bge pull ${BASE} (`],
    [["embed", "--offline", "--model", BASE, "--dtype", "int8"], 3, `To get it: bge pull ${BASE} --dtype int8 (`],
    [
      ["rerank", "--query", "q", "--offline", "--model", "BAAI/bge-reranker-base"],
      3,
      "bge pull BAAI/bge-reranker-base (",
    ],
    [["serve", "--offline", "--reranker", "BAAI/bge-reranker-base"], 3, "bge pull BAAI/bge-reranker-base ("],
    [["serve", "--key-env", "NO_SUCH_KEY"], 2, "--key-env names NO_SUCH_KEY"],
    [["embed", ...TINY, "--max-tokens", "9999"], 2, "--max-tokens must be"],
    [["embed", ...TINY, "--dimensions", "9999"], 2, "--dimensions must be"],
    [["embed", ...TINY, "--task", "x"], 2, "--task does not apply"],
    [["embed", "--model", "BAAI/llm-embedder"], 2, "--task is missing: BAAI/llm-embedder has an instruction per task."],
    [["embed", ...TINY_RERANKER], 3, "bge models"],
    [["rerank", "--query", "q", ...TINY], 3, "bge models"],
    [["rerank", "--query", "q", "--threshold", "0.5"], 2, "--threshold does not apply", '"a"'],
    [["rerank", "--query", "q", ...TINY_RERANKER, "--truncation", "error", "--text"], 3, "raise --max-tokens", long],
    [["embed", ...TINY, "--truncation", "error", "--text"], 1, "The document has", long],
  ])("%j", async (args, code, typed, input) => {
    const result = await run(args, input);
    expect(result).toMatchObject({ code, out: "", err: expect.stringContaining(typed) });
    expect(result.err).not.toMatch(OF_PROGRAMS);
    expect(result.err.trimEnd().split("\n")).toHaveLength(1);
  });

  test.each([
    [{ HF_HUB_OFFLINE: "1" }, 3, /because HF_HUB_OFFLINE forbids it\. To get it: bge pull/],
    [{ HF_ENDPOINT: "http://127.0.0.1:9" }, 3, /DOWNLOAD_FAILED/],
  ])("with %j", async (env, code, said) => {
    const result = await run(["embed", "--model", BASE], "", env as Record<string, string>);
    expect(result).toMatchObject({ code, out: "", err: expect.stringMatching(said) });
    expect(result.err).not.toMatch(OF_PROGRAMS);
  });
});
