import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadEmbedder, loadReranker, type ModelReference } from "@bge-js/core";
import { describe, expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { cosine, largestDifference, readGolden, vectorOf } from "./support/golden.js";
import { fixture } from "./support/models.js";

/** A folder as sentence-transformers saved it, and what it computes from it. */
interface Saved {
  readonly files: Readonly<Record<string, object>>;
  /** What differs in `tokenizer.json` from the fixture's. */
  readonly tokenizer: object;
  readonly maxTokens: number;
  readonly cases: readonly {
    readonly text: string;
    readonly inputType: "query" | "document";
    readonly vector: string;
    readonly query: string;
    readonly document: string;
    readonly logit: number;
    readonly score: number;
  }[];
}

const { folders } = readGolden<{ readonly folders: Readonly<Record<string, Saved>> }>("sentence-transformers.json");

/** The folder with the graph and the tokenizer of the fixture that has its weights. */
function unpack(name: string): string {
  const { files, tokenizer } = folders[name]!;
  const weights = fixture(name.startsWith("cross-encoder") ? "tiny-bert-reranker" : "tiny-bert-cls");
  const inside = "0_Transformer/config.json" in files ? "0_Transformer/" : "";
  const json = JSON.parse(readFileSync(join(weights, "tokenizer.json"), "utf8")) as object;
  const folder = folderOf({ ...files, [`${inside}tokenizer.json`]: { ...json, ...tokenizer } });
  cpSync(join(weights, "onnx"), join(folder, "onnx"), { recursive: true });
  return folder;
}

type Stated = Omit<ModelReference, "directory" | "id">;
type Refused = readonly [name: string, code: string, says: RegExp, facts?: Stated];

/** What cannot be had; with the facts behind it, it can. */
const REFUSED: readonly Refused[] = [
  ["passage-alone", "MODEL_MISMATCH", /documentInstruction: "passage: "/, { documentInstruction: "" }],
  [
    "default-prompt",
    "UNSUPPORTED_MODEL",
    /the same prompt on queries and documents/,
    {
      queryInstruction: "Represent this sentence for searching relevant passages: ",
      documentInstruction: "Document: ",
    },
  ],
  ["manhattan", "UNSUPPORTED_MODEL", /"manhattan".*similarity: "cosine"/, { similarity: "cosine" }],
  ["dot-not-normalized", "UNSUPPORTED_MODEL", /"dot".*similarity: "cosine"/, { similarity: "cosine" }],
  ["euclidean-not-normalized", "UNSUPPORTED_MODEL", /"euclidean"/, { similarity: "cosine" }],
  ["manhattan-not-normalized", "UNSUPPORTED_MODEL", /"manhattan"/, { similarity: "cosine" }],
  ["dot-truncate-dim", "UNSUPPORTED_MODEL", /"dot"/, { similarity: "cosine" }],
  ["max", "UNSUPPORTED_MODEL", /pooling max/],
  ["two-modes", "UNSUPPORTED_MODEL", /pooling cls and mean/],
  ["old-two-modes", "UNSUPPORTED_MODEL", /pooling pooling_mode_cls_token and pooling_mode_mean_tokens/],
  ["include-prompt-cls", "UNSUPPORTED_MODEL", /without the prompt's tokens/],
  ["include-prompt-mean", "UNSUPPORTED_MODEL", /without the prompt's tokens/],
  ["dense", "UNSUPPORTED_MODEL", /\.Dense in modules\.json/],
  ["layer-norm", "UNSUPPORTED_MODEL", /\.LayerNorm in modules\.json/],
  ["normalize-first", "UNSUPPORTED_MODEL", /sequence Transformer, Normalize, Pooling in modules\.json/],
  ["left", "UNSUPPORTED_MODEL", /truncates long texts on the left/],
  ["left-by-tokenizer-json", "UNSUPPORTED_MODEL", /truncates long texts on the left/],
  ["split-special-tokens", "UNSUPPORTED_MODEL", /split_special_tokens/],
  ["processing", "UNSUPPORTED_MODEL", /setting add_special_tokens/],
  ["cross-encoder-default-prompt", "UNSUPPORTED_MODEL", /a prompt before each query/],
  ["cross-encoder-relu", "UNSUPPORTED_MODEL", /activation "torch.*ReLU"/],
  ["cross-encoder-old-tanh", "UNSUPPORTED_MODEL", /activation "torch.*Tanh"/],
  ["cross-encoder-4", "UNSUPPORTED_MODEL", /activation "torch.*ReLU"/],
];

const isReranker = (name: string) => name.startsWith("cross-encoder");
const honoured = Object.keys(folders).filter((name) => !REFUSED.some(([refused]) => refused === name));

/** Every vector of a folder is sentence-transformers', but of length 1. */
async function compare(name: string, facts: Stated = {}): Promise<void> {
  const { cases, maxTokens } = folders[name]!;
  await using embedder = await loadEmbedder(
    { directory: unpack(name), ...facts },
    { threads: 1, truncation: "silent" },
  );
  expect(embedder.spec.similarity).toBe("cosine");
  for (const { text, inputType, vector } of cases) {
    const expected = vectorOf(vector);
    const length = Math.hypot(...expected);
    const [{ dense }] = (await embedder.embed([text], { inputType })) as [{ readonly dense: Float32Array }];
    const unit = expected.map((value) => value / length);
    expect(largestDifference(dense, unit), `${inputType} ${text.slice(0, 20)}`).toBeLessThanOrEqual(1e-5);
  }
  // What is cut off when it is called is no limit of sentence-transformers' model.
  if (name !== "processing-limit") expect(embedder.maxTokens).toBe(maxTokens);
}

describe("a folder that sentence-transformers saved gives its vectors", () => {
  test.each(honoured.filter((name) => !isReranker(name)))("%s", (name) => compare(name));
});

describe("a cross-encoder that sentence-transformers saved gives its logits", () => {
  test.each(honoured.filter(isReranker))("%s", async (name) => {
    const { cases, maxTokens } = folders[name]!;
    await using reranker = await loadReranker(unpack(name), { threads: 1, truncation: "silent" });
    expect(reranker.maxTokens).toBe(maxTokens);
    for (const { query, document, logit } of cases) {
      const [score] = await reranker.score(query, [document]);
      expect(Math.abs(score! - logit), document.slice(0, 20)).toBeLessThanOrEqual(1e-4);
    }
  });
});

describe("what changes a number and cannot be had is refused", () => {
  test.each(REFUSED.map(([name, code, says, facts]) => ({ name, code, says, facts })))("$name: $code", async (one) => {
    const { name, code, says, facts } = one;
    const folder = unpack(name);
    const load = async () => {
      const options = { threads: 1, truncation: "silent" } as const;
      await using _ = await (isReranker(name) ? loadReranker(folder, options) : loadEmbedder(folder, options));
    };
    await expect(load()).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
    if (facts !== undefined) await compare(name, facts);
  });
});

test("the limit that a folder states may be raised to its positions, and no further", async () => {
  const folder = unpack("limit");
  const long = folders["no-limit"]!.cases.find(({ inputType }) => inputType === "document")!;
  await using embedder = await loadEmbedder(folder, { threads: 1, maxTokens: 512, truncation: "silent" });
  const [vector] = await embedder.embedDocuments([long.text]);
  expect(cosine(vector!, vectorOf(long.vector))).toBeGreaterThan(0.99999);
  await expect(loadEmbedder(folder, { maxTokens: 513 })).rejects.toMatchObject({ parameter: "maxTokens" });
});

test("truncate_dim is a default: all dimensions can be had", async () => {
  await using embedder = await loadEmbedder(unpack("truncate-dim"), { threads: 1 });
  expect(embedder.dimensions).toBe(24);
  expect(embedder.spec).toMatchObject({ dimensions: 48, defaultDimensions: 24 });
  await using whole = await loadEmbedder(unpack("truncate-dim"), { threads: 1, dimensions: 48 });
  expect((await whole.embedQuery("bees")).length).toBe(48);
});
