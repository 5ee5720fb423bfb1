import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { loadEmbedder } from "@bge-js/core";
import { describe, expect, test } from "vitest";
import { BGE, bge, ended, jsonLines, startBge } from "../support/bge.js";
import { folderOf } from "../support/folders.js";
import { fixture } from "../support/models.js";

const TINY = ["--model", fixture("tiny-bert-cls")];

interface Embedded {
  readonly [field: string]: unknown;
  readonly embedding: readonly number[];
}

test("each line becomes its object with the vector of embedDocuments, in order", async () => {
  const records = Array.from({ length: 700 }, (_, i) => ({
    id: i,
    text: `${"word ".repeat(i % 7)}number ${i}`,
    tag: [i],
  }));
  const { code, out, err } = await bge(["embed"], {
    input: records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const embedded = jsonLines<Embedded>(out);
  expect(embedded.map(({ embedding: _, ...record }) => record)).toEqual(records);
  await using embedder = await loadEmbedder();
  const vectors = await embedder.embedDocuments(records.map(({ text }) => text));
  // Nine digits are every bit of a float32.
  expect(embedded.map(({ embedding }) => Float32Array.from(embedding))).toEqual(vectors);
});

test("queries get the instruction", async () => {
  const { out } = await bge(["embed", "--query", "--text", "--vectors"], { input: "what is a panda?" });
  await using embedder = await loadEmbedder();
  expect(Float32Array.from(jsonLines<number[]>(out)[0]!)).toEqual(await embedder.embedQuery("what is a panda?"));
});

test("a line that cannot be used is named; all others are embedded, and the exit code says so", async () => {
  const lines = ['"first"', "no json", "", '{"text": 3}', "[1]", '"\\ud800"', '{"id": 2, "text": "second"}'];
  const input = Buffer.concat([
    Buffer.from(`${lines.join("\r\n")}\n`),
    Buffer.from([0x22, 0xff, 0x22, 0x0a]),
    Buffer.from('"third"'),
  ]);
  const { code, out, err } = await bge(["embed", ...TINY], { input });
  expect(code).toBe(1);
  expect(jsonLines(out).map(({ text }) => text)).toEqual(["first", "second", "third"]);
  const told = err.trim().split("\n");
  expect(told.map((line) => line.slice(0, "bge: line 2".length)).sort()).toEqual(
    [2, 4, 5, 6, 8].map((at) => `bge: line ${at}`),
  );
  expect(err).toContain("use --text");
  expect(err).not.toContain("index");
});

test("U+2028 ends no line, and a byte order mark is no text", async () => {
  const { code, out } = await bge(["embed", "--text", ...TINY], { input: "\ufeffone\u2028two\nthree" });
  expect(code).toBe(0);
  expect(jsonLines(out).map(({ text }) => text)).toEqual(["one\u2028two", "three"]);
});

test("files are read in turn, and named with the line", async () => {
  const folder = folderOf({ "a.jsonl": '"a"\n{}\n', "b b.jsonl": '{"body": "b"}\n' });
  const { code, out, err } = await bge(["embed", "--field", "body", "a.jsonl", "b b.jsonl", ...TINY], { cwd: folder });
  expect(code).toBe(1);
  expect(jsonLines(out).map(({ text, body }) => text ?? body)).toEqual(["a", "b"]);
  expect(err).toMatch(/^bge: a\.jsonl: line 2 has no string "body"\n$/);
  for (const [file, reason] of [
    ["none.jsonl", "it does not exist"],
    [".", "it is a folder"],
  ] as const) {
    const missing = await bge(["embed", "--field", "body", "a.jsonl", file, ...TINY], { cwd: folder });
    expect([missing.code, jsonLines(missing.out)]).toMatchObject([3, [{ text: "a" }]]);
    expect(missing.err).toMatch(new RegExp(`\\nbge: cannot read ${file}: ${reason}\\n$`));
  }
});

test("what is cut is told; --truncation error refuses it", async () => {
  const input = `short\n${"long ".repeat(600)}\nshort too\n`;
  const cut = await bge(["embed", "--text"], { input });
  expect(cut).toMatchObject({ code: 0, err: "bge: line 2 has 602 tokens, of which 512 were read\n" });
  expect(jsonLines(cut.out)).toHaveLength(3);
  const refused = await bge(["embed", "--text", "--truncation", "error"], { input });
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/^bge: line 2: .*602.*\n$/) });
  expect(jsonLines(refused.out)).toHaveLength(2);
});

test("an id of 64 bits stays as it is, or its line is refused where a field must be replaced", async () => {
  const problem = "bge: line 1 has a number with more digits than JavaScript keeps: write it as a string\n";
  const input = '{"text": "a", "id": 1234567890123456789}';
  const { out } = await bge(["embed", ...TINY], { input });
  expect(out).toContain('"id": 1234567890123456789,"embedding"');
  expect(await bge(["embed", ...TINY], { input: out })).toEqual({ code: 1, out: "", err: problem });
  expect(await bge(["embed", "--vectors", ...TINY], { input: out })).toMatchObject({ code: 0, err: "" });
  const several = await bge(["embed", "--outputs", "dense", ...TINY], { input: out });
  expect(several).toMatchObject({ code: 0, out: expect.stringContaining('"id": 1234567890123456789,"emb'), err: "" });
});

test("a flood of problems is told in part and counted", async () => {
  const { code, err } = await bge(["embed", ...TINY], { input: "x\n".repeat(100) });
  expect(code).toBe(1);
  expect(err.trim().split("\n")).toHaveLength(21);
  expect(err).toMatch(/and 80 more lines failed\n$/);
});

test("several outputs, one pass", async () => {
  const { out } = await bge(["embed", "--model", fixture("tiny-m3"), "--outputs", "dense,sparse,multiVector"], {
    input: '"hello"',
  });
  const [record] = jsonLines<{
    dense: number[];
    sparse: { indices: number[]; values: number[] };
    multiVector: number[][];
  }>(out);
  expect(record!.multiVector[0]).toHaveLength(record!.dense.length);
  expect(record!.sparse.indices).toHaveLength(record!.sparse.values.length);
});

test("a folder that it is run in brings no models of its own", async () => {
  const cwd = folderOf({
    "node_modules/@bge-js/model-bge-small-en-v1.5/package.json": {
      name: "@bge-js/model-bge-small-en-v1.5",
      version: "9.9.9",
    },
    "node_modules/@bge-js/model-bge-small-en-v1.5/model/onnx/model_quantized.onnx": "not a model",
  });
  expect(await bge(["embed"], { input: '"hello"', cwd })).toMatchObject({ code: 0, err: "" });
});

test("empty input, empty output", async () => {
  expect(await bge(["embed", ...TINY])).toEqual({ code: 0, out: "", err: "" });
  expect(await bge(["embed", ...TINY], { input: "\n\r\n  \n" })).toEqual({ code: 0, out: "", err: "" });
});

describe("streams", () => {
  test("a result comes while the input is still open", async () => {
    const child = startBge(["embed", ...TINY]);
    child.stdin!.write('"one"\n');
    const [first] = await once(child.stdout!, "data");
    expect(jsonLines(String(first))).toHaveLength(1);
    child.stdin!.end('"two"');
    expect(jsonLines((await ended(child)).out)).toHaveLength(1);
  });

  test("input is drawn only as fast as results are read", async () => {
    const child = startBge(["embed", ...TINY]);
    child.stdout!.pause();
    const line = `${JSON.stringify("word ".repeat(100))}\n`;
    let taken = 0;
    const pump = () => {
      while (taken < 50_000 && child.stdin!.write(line)) taken++;
      child.stdin!.once("drain", pump);
    };
    pump();
    let before = -1;
    while (before !== taken) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    expect(taken).toBeLessThan(50_000);
    child.stdin!.on("error", () => {});
    child.kill("SIGTERM");
    child.stdout!.resume();
    expect((await ended(child)).code).toBe(143);
  });

  test.skipIf(process.platform === "win32")("a reader that leaves ends it quietly", async () => {
    const script = `yes '"hello"' | "${process.execPath}" "${BGE}" embed --model "${fixture("tiny-bert-cls")}" | head -n 3; echo "\${PIPESTATUS[1]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.split("\n").filter(Boolean).at(-1)).toBe("0");
    expect(jsonLines(stdout.split("\n").slice(0, 3).join("\n"))).toHaveLength(3);
  });

  test.skipIf(process.platform === "win32").each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s stops it between two lines", async (signal, code) => {
    const child = startBge(["embed", ...TINY]);
    let out = "";
    child.stdout!.on("data", (data) => {
      out += String(data);
    });
    child.stdin!.on("error", () => {}).write('"x"\n'.repeat(50_000));
    await once(child.stdout!, "data");
    child.kill(signal);
    let err = "";
    child.stderr!.on("data", (data) => {
      err += String(data);
    });
    const [status] = await once(child, "close");
    expect({ status, err }).toEqual({ status: code, err: `bge: stopped by ${signal}\n` });
    expect(jsonLines(out).length).toBeGreaterThan(0);
  });
});

test.each([
  ["a file that is not there", ["embed", join("/", "nowhere", "x")], 3, /it does not exist/],
  ["an unknown model", ["embed", "--model", "nobody/nothing", "--offline"], 3, /MODEL_NOT_FOUND/],
  ["a reranker", ["embed", "--model", "bge-js/reranker-small-en"], 3, /MODEL_MISMATCH/],
  ["too many dimensions", ["embed", "--dimensions", "385"], 2, /1 to 384/],
  ["no number", ["embed", "--dimensions", "many"], 2, /whole number/],
  ["an unknown output", ["embed", "--outputs", "dense,images"], 2, /"images" is none of/],
  ["an unknown precision", ["embed", "--dtype", "int4"], 2, /int4/],
  ["an unknown option", ["embed", "--fast"], 2, /--fast/],
  ["an unknown command", ["embedd"], 2, /embedd/],
])("%s is refused", async (_, args, code, message) => {
  expect(await bge(args)).toEqual({ code, out: "", err: expect.stringMatching(message) });
});
