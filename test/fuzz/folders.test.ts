import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadEmbedder } from "@bge-js/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DATA_BYTES, graphWithDataAt } from "../support/external-data.js";
import { fixture } from "../support/models.js";

type Change = (folder: string) => void;
type Case = readonly [what: string, code: string, says: RegExp, change: Change];
// biome-ignore lint/suspicious/noExplicitAny: files that are changed at will.
type Anything = any;

const GRAPH = "onnx/model.onnx";
const graph = readFileSync(join(fixture("tiny-bert-cls"), GRAPH));

const write =
  (name: string, content: string | Uint8Array): Change =>
  (folder) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
const change =
  (name: string, how: (json: Anything) => void): Change =>
  (folder) => {
    const json = JSON.parse(readFileSync(join(folder, name), "utf8")) as Anything;
    how(json);
    writeFileSync(join(folder, name), JSON.stringify(json));
  };
const tokenizer = (how: (json: Anything) => void) => change("tokenizer.json", how);
const copyOf =
  (model: string, name: string): Change =>
  (folder) =>
    cpSync(join(fixture(model), name), join(folder, name));
const folderInstead =
  (name: string): Change =>
  (folder) => {
    rmSync(join(folder, name));
    mkdirSync(join(folder, name));
  };
/** So that the model's facts come from its other files. */
const undeclared =
  (then: Change): Change =>
  (folder) => {
    rmSync(join(folder, "bge.json"));
    then(folder);
  };
const pooling = (path: unknown) =>
  change("modules.json", (modules) => {
    modules.find(({ type }: Anything) => type.endsWith("Pooling")).path = path;
  });

function copyOfTiny(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "bge-js-bad-")));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(fixture("tiny-bert-cls"), join(folder, "model"), { recursive: true });
  return join(folder, "model");
}

/** Loads the model, and runs a text as long as its facts allow. */
async function use(folder: string): Promise<void> {
  await using embedder = await loadEmbedder(folder, { threads: 1, truncation: "silent" });
  const [vector] = await embedder.embedDocuments(["panda ".repeat(600)]);
  expect(vector!.every(Number.isFinite)).toBe(true);
}

/** What a clone without Git LFS has in place of a file. */
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 66746168\n`;

const GRAPHS: readonly Case[] = [
  ["empty", "MODEL_CORRUPT", /download it again/, write(GRAPH, "")],
  ["cut short", "MODEL_CORRUPT", /download it again/, write(GRAPH, graph.subarray(0, graph.length >> 1))],
  ["zeros", "MODEL_CORRUPT", /download it again/, write(GRAPH, new Uint8Array(graph.length))],
  ["half zeros", "MODEL_CORRUPT", /download it again/, write(GRAPH, Buffer.from(graph).fill(0, graph.length >> 1))],
  ["garbage", "MODEL_CORRUPT", /download it again/, write(GRAPH, Buffer.from(graph.map((byte, i) => byte ^ (i * i))))],
  ["a page of a log-in", "MODEL_CORRUPT", /download it again/, write(GRAPH, "<!doctype html><title>Log in</title>")],
  ["a pointer of Git LFS", "MODEL_CORRUPT", /model\.onnx cannot be used: .*git lfs pull/, write(GRAPH, POINTER)],
  [
    "its data a pointer of Git LFS",
    "MODEL_CORRUPT",
    /weights\.bin cannot be used: .*git lfs pull/,
    (folder) => {
      write(GRAPH, graphWithDataAt("weights.bin"))(folder);
      write("onnx/weights.bin", POINTER)(folder);
    },
  ],
  ["a folder", "MODEL_CORRUPT", /it is a folder/, folderInstead(GRAPH)],
  ["another model's", "MODEL_MISMATCH", /the graph has logits.*loadReranker/, copyOf("tiny-bert-reranker", GRAPH)],
  ["another family's", "MODEL_MISMATCH", /the graph has dense/, copyOf("tiny-m3", GRAPH)],
  ["its data missing", "MODEL_CORRUPT", /External data path/, write(GRAPH, graphWithDataAt("weights.bin"))],
  ["data above the folder", "MODEL_CORRUPT", /escapes/, write(GRAPH, graphWithDataAt("../../weights.bin"))],
  ["data at an absolute path", "MODEL_CORRUPT", /Absolute path/, write(GRAPH, graphWithDataAt("/etc/passwd"))],
];

const EVIL = { type: "Evil" };
const TOKENIZERS: readonly Case[] = [
  ["a list", "MODEL_CORRUPT", /not contain a JSON object/, write("tokenizer.json", "[]")],
  ["null", "MODEL_CORRUPT", /not contain a JSON object/, write("tokenizer.json", "null")],
  [
    "a pointer of Git LFS",
    "MODEL_CORRUPT",
    /tokenizer\.json cannot be used: .*git lfs pull/,
    write("tokenizer.json", POINTER),
  ],
  ["cut short", "MODEL_CORRUPT", /is not JSON/, write("tokenizer.json", '{"model": {"vocab"')],
  ["a folder", "MODEL_CORRUPT", /it is a folder/, folderInstead("tokenizer.json")],
  ["without a model", "MODEL_CORRUPT", /no model/, tokenizer((json) => delete json.model)],
  ["with a number for a vocabulary", "MODEL_CORRUPT", /vocabulary/, tokenizer((json) => (json.model.vocab = 5))],
  ["with texts for ids", "MODEL_CORRUPT", /vocabulary/, tokenizer((json) => (json.model.vocab.a = "x"))],
  ["with a negative id", "MODEL_CORRUPT", /vocabulary/, tokenizer((json) => (json.model.vocab.a = -3))],
  ["with an id of 2 ** 32 - 2", "MODEL_CORRUPT", /vocabulary/, tokenizer((json) => (json.model.vocab.a = 4294967294))],
  [
    "with an id that the graph has not",
    "MODEL_MISMATCH",
    /id.* 2000.*largest/,
    tokenizer((j) => (j.model.vocab.zz = 2000)),
  ],
  ["with numbers for added tokens", "MODEL_CORRUPT", /added/, tokenizer((json) => (json.added_tokens = [1]))],
  ["of an unknown kind", "UNSUPPORTED_MODEL", /Evil/, tokenizer((json) => (json.model.type = "Evil"))],
  ["with an unknown normalizer", "MODEL_CORRUPT", /Evil/, tokenizer((json) => (json.normalizer = EVIL))],
  ["with a number for a normalizer", "MODEL_CORRUPT", /tokenizer.json/, tokenizer((json) => (json.normalizer = 5))],
  [
    "with a sequence of nothing",
    "MODEL_CORRUPT",
    /tokenizer.json/,
    tokenizer((j) => (j.normalizer = { type: "Sequence" })),
  ],
  ["with an unknown splitter", "MODEL_CORRUPT", /Evil/, tokenizer((json) => (json.pre_tokenizer = EVIL))],
  [
    "with an unknown frame",
    "MODEL_MISMATCH",
    /puts ids .* around a text/,
    tokenizer((json) => (json.post_processor = EVIL)),
  ],
  ["another family's", "MODEL_MISMATCH", /no token \[CLS\]/, copyOf("tiny-m3", "tokenizer.json")],
  ["that never ends its brackets", "MODEL_CORRUPT", /nested/, write("tokenizer.json", "[".repeat(1e7))],
  [
    "nested a million deep",
    "MODEL_CORRUPT",
    /nested/,
    write("tokenizer.json", `${'{"a":'.repeat(1e6)}1${"}".repeat(1e6)}`),
  ],
  ["of 200 MB", "MODEL_CORRUPT", /200000000 bytes/, (folder) => truncateSync(join(folder, "tokenizer.json"), 2e8)],
  ["whose settings are null", "MODEL_CORRUPT", /tokenizer_config/, write("tokenizer_config.json", "null")],
];

const config = (how: (json: Anything) => void) => undeclared(change("config.json", how));
const prompts = "config_sentence_transformers.json";
const DECLARATIONS: readonly Case[] = [
  ["config.json: null", "MODEL_CORRUPT", /config.json/, undeclared(write("config.json", "null"))],
  ["config.json: brackets", "MODEL_CORRUPT", /nested/, undeclared(write("config.json", "[".repeat(1e6)))],
  ["a number for architectures", "MODEL_MISMATCH", /kind/, config((json) => (json.architectures = 5))],
  ["a list of numbers for them", "MODEL_MISMATCH", /kind/, config((json) => (json.architectures = [5]))],
  ["a text for a width", "MODEL_CORRUPT", /hidden_size.*"48"/, config((json) => (json.hidden_size = "48"))],
  ["a negative width", "MODEL_CORRUPT", /hidden_size/, config((json) => (json.hidden_size = -1))],
  ["another width", "MODEL_MISMATCH", /shape/, config((json) => (json.hidden_size = 49))],
  ["a text for a limit", "MODEL_CORRUPT", /max_position/, config((json) => (json.max_position_embeddings = "512"))],
  ["a limit of 1e12", "MODEL_CORRUPT", /position table/, config((json) => (json.max_position_embeddings = 1e12))],
  [
    "half a token as a limit",
    "MODEL_CORRUPT",
    /max_seq/,
    undeclared(write("sentence_bert_config.json", '{"max_seq_length":5.5}')),
  ],
  ["pooling above the folder", "MODEL_CORRUPT", /leads out/, undeclared(pooling("../../x"))],
  ["pooling at an absolute path", "MODEL_CORRUPT", /leads out/, undeclared(pooling("/etc"))],
  ["a number for a path", "MODEL_CORRUPT", /modules.json/, undeclared(pooling(5))],
  ["modules that are null", "MODEL_CORRUPT", /modules.json/, undeclared(write("modules.json", "[null]"))],
  ["a number for pooling", "MODEL_CORRUPT", /1_Pooling/, undeclared(write("1_Pooling/config.json", "5"))],
  ["a number for prompts", "MODEL_CORRUPT", /prompts/, undeclared(write(prompts, '{"prompts":5}'))],
  ["a number for a prompt", "MODEL_CORRUPT", /prompts/, undeclared(write(prompts, '{"prompts":{"query":5}}'))],
  ["bge.json: a list", "MODEL_CORRUPT", /bge.json/, write("bge.json", "[]")],
  ["bge.json: __proto__", "MODEL_CORRUPT", /__proto__/, write("bge.json", '{"__proto__":{"kind":"reranker"}}')],
  ["bge.json: constructor", "MODEL_CORRUPT", /constructor/, write("bge.json", '{"constructor":1}')],
  ["bge.json: another folder", "MODEL_CORRUPT", /another/, change("bge.json", (json) => (json.directory = "/etc"))],
  ["bge.json: 1e12 tokens", "MODEL_CORRUPT", /maxTokens/, change("bge.json", (json) => (json.maxTokens = 1e12))],
  ["bge.json: 1e12 dimensions", "MODEL_CORRUPT", /dimensions/, change("bge.json", (json) => (json.dimensions = 1e12))],
  [
    "bge.json: more tokens than positions",
    "INFERENCE_FAILED",
    /Add/,
    (folder) => {
      change("bge.json", (json) => (json.maxTokens = 4096))(folder);
      change("config.json", (json) => delete json.max_position_embeddings)(folder);
      change("tokenizer_config.json", (json) => delete json.model_max_length)(folder);
      rmSync(join(folder, "sentence_bert_config.json"));
    },
  ],
];

describe.each([
  ["a graph", GRAPHS],
  ["a tokenizer", TOKENIZERS],
  ["a declaration", DECLARATIONS],
])("%s that is bad is a typed error", (_, cases) => {
  test.each(cases)("%s: %s", async (_what, code, message, spoil) => {
    const folder = copyOfTiny();
    spoil(folder);
    const error: unknown = await use(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "BgeError", code, message: expect.stringMatching(new RegExp(message, "s")) });
  });
});

test("what lies inside the folder is used: the graph's data, links of one's own", async () => {
  const folder = copyOfTiny();
  write(GRAPH, graphWithDataAt("weights.bin"))(folder);
  write("onnx/weights.bin", Buffer.alloc(DATA_BYTES, 63))(folder);
  await use(folder);
  // A plain folder is its owner's: it may be put together by links.
  renameSync(join(folder, "tokenizer.json"), join(folder, "..", "elsewhere.json"));
  symlinkSync(join("..", "elsewhere.json"), join(folder, "tokenizer.json"));
  await use(folder);
});

test.skipIf(process.platform === "win32")("a pipe is no file, and nobody waits for it", async () => {
  for (const name of [GRAPH, "tokenizer.json", "config.json"]) {
    const folder = copyOfTiny();
    if (name === "config.json") rmSync(join(folder, "bge.json"));
    rmSync(join(folder, name));
    execFileSync("mkfifo", [join(folder, name)]);
    await expect(use(folder), name).rejects.toMatchObject({
      code: "MODEL_CORRUPT",
      message: expect.stringContaining("not a regular file"),
    });
  }
});

test("a link of the cache that leads out of it is not followed", async () => {
  const model = copyOfTiny();
  const cache = join(model, "..", "hub");
  const repository = join(cache, "models--someone--tiny");
  const commit = "0123456789012345678901234567890123456789";
  const snapshot = join(repository, "snapshots", commit);
  cpSync(model, snapshot, { recursive: true });
  write("refs/main", commit)(repository);
  vi.stubEnv("HF_HUB_CACHE", cache);
  onTestFinished(() => void vi.unstubAllEnvs());
  await use("someone/tiny");
  rmSync(join(snapshot, "config.json"));
  symlinkSync(join(model, "config.json"), join(snapshot, "config.json"));
  await expect(use("someone/tiny")).rejects.toMatchObject({
    code: "MODEL_CORRUPT",
    message: expect.stringContaining("leads out of the cache"),
  });
  rmSync(join(snapshot, "config.json"));
  mkdirSync(join(repository, "blobs"));
  cpSync(join(model, "config.json"), join(repository, "blobs", "a".repeat(40)));
  symlinkSync(join("..", "..", "blobs", "a".repeat(40)), join(snapshot, "config.json"));
  await use("someone/tiny");
});
