import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadTokenizer } from "../packages/core/src/tokenizer/load.js";
import { qwenWords } from "../packages/core/src/tokenizer/pre-tokenize.js";
import { readGolden, type TokensGolden } from "./support/golden.js";
import { fixture } from "./support/models.js";

/** Texts of ids by transformers: of the ids of the token file, whole and cut, and of each id alone. */
interface DecodedGolden {
  readonly kept: readonly number[];
  readonly whole: readonly string[];
  readonly cut: readonly string[];
  readonly single: readonly string[];
}

const packaged = (name: string) => fileURLToPath(new URL(`../packages/model-${name}/model`, import.meta.url));
const FOLDERS: Readonly<Record<string, string>> = {
  "bge-small-en-v1.5": packaged("bge-small-en-v1.5"),
  "bge-small-zh-v1.5": packaged("bge-small-zh-v1.5"),
  "tiny-xlmr": fixture("tiny-xlmr-cls"),
  "tiny-xlmr-reranker": fixture("tiny-xlmr-reranker"),
  "tiny-clip": fixture("tiny-clip"),
  "tiny-qwen": fixture("tiny-code"),
  "tiny-qwen-end": fixture("tiny-reasoner"),
  "tiny-gemma": fixture("tiny-gemma2"),
  "tiny-llama": fixture("tiny-reranker-minicpm"),
  "tiny-llama-end": fixture("tiny-icl"),
  "tiny-llama-metaspace": fixture("tiny-llama-metaspace"),
};
const NAMES = Object.keys(FOLDERS);
const DECODERS = NAMES.slice(5);

function load(name: string) {
  const read = (file: string) => JSON.parse(readFileSync(join(FOLDERS[name]!, file), "utf8")) as object;
  return loadTokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
}

/** What differs, the first few. */
function differing<T>(ours: readonly T[], reference: readonly T[]): object[] {
  expect(ours).toHaveLength(reference.length);
  const all = ours.flatMap((own, i) => (String(own) === String(reference[i]) ? [] : [{ i, own, rust: reference[i] }]));
  return all.slice(0, 5);
}

test.each(NAMES)("token ids of %s equal those of the Rust tokenizers", (name) => {
  const tokenizer = load(name);
  const { texts, ids } = readGolden<TokensGolden>(`tokens-${name}.json.gz`);
  const ours = texts.map((text) => tokenizer.encode(text, { add_special_tokens: true }).ids);
  expect(texts.length).toBeGreaterThanOrEqual(DECODERS.includes(name) ? 2000 : 1000);
  expect(differing(ours, ids)).toEqual([]);
});

describe.each(DECODERS)("texts of ids of %s equal those of transformers", (name) => {
  const tokenizer = load(name);
  const { ids } = readGolden<TokensGolden>(`tokens-${name}.json.gz`);
  const golden = readGolden<DecodedGolden>(`tokens-${name}-decoded.json.gz`);

  test("for whole texts", () => {
    expect(differing(ids.map(tokenizer.decode), golden.whole)).toEqual([]);
  });

  test("for texts cut anywhere, inside a character too", () => {
    const ours = ids.map((each, i) => tokenizer.decode(each.slice(0, golden.kept[i])));
    expect(differing(ours, golden.cut)).toEqual([]);
    expect(ours.some((text) => text.endsWith("\ufffd"))).toBe(true);
  });
});

test.each(["tiny-xlmr", ...DECODERS])("the text of each id of %s equals that of transformers", (name) => {
  const { single } = readGolden<DecodedGolden>(`tokens-${name}-decoded.json.gz`);
  const tokenizer = load(name);
  expect(
    differing(
      single.map((_, id) => tokenizer.decode([id])),
      single,
    ),
  ).toEqual([]);
  expect(tokenizer.decode([])).toBe("");
});

describe.each(NAMES)("any text, %s", (name) => {
  const tokenizer = load(name);
  const bare = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom(
        "'",
        "s",
        " ",
        "\n",
        "\r",
        "\t",
        "1",
        "a",
        "\u0301",
        "\u3099",
        "か",
        "中",
        "▁",
        "<",
        "\u{1d15e}",
        ",",
      ),
      maxLength: 40,
    }),
  );

  test("has ids, each of the vocabulary, and a text again", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const ids = bare(text);
        for (const id of ids) expect(Number.isInteger(id) && id >= 0).toBe(true);
        expect(typeof tokenizer.decode(ids)).toBe("string");
      }),
    );
  });

  test("has the same ids after ten thousand other words", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const first = bare(text);
        bare(Array.from({ length: 12_000 }, (_, i) => `w${i.toString(36)}`).join(" "));
        expect(bare(text)).toEqual(first);
      }),
      { numRuns: 3 },
    );
  });

  test("reads a lone surrogate as U+FFFD", () => {
    const lone = fc.string({ unit: fc.constantFrom("a", " ", "\ud83d", "\ude00", "中"), maxLength: 12 });
    fc.assert(
      fc.property(lone, (text) => {
        expect(bare(text)).toEqual(bare(text.toWellFormed()));
      }),
    );
  });

  test("may be one word of a hundred thousand characters", () => {
    for (const character of ["a", "中", "😀", "\u0301", " ", "\n"]) {
      expect(bare(character.repeat(100_000)).length).toBeLessThanOrEqual(400_000);
    }
  });
});

test("the words of Qwen's pattern end where Rust ends them", () => {
  const { texts, lengths } = readGolden<{ texts: string[]; lengths: number[][] }>("tokens-qwen-words.json.gz");
  expect(
    differing(
      texts.map((text) => Array.from(qwenWords(text)).map((word) => Array.from(word).length)),
      lengths,
    ),
  ).toEqual([]);
  expect(texts.every((text) => Array.from(qwenWords(text)).join("") === text)).toBe(true);
});

test("a byte-level tokenizer gives the normalised text back", () => {
  const { encode, decode } = load("tiny-qwen");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      fc.pre(!text.includes("<"));
      expect(decode(encode(text, { add_special_tokens: false }).ids).normalize("NFC")).toBe(text.normalize("NFC"));
    }),
  );
});

test.each([
  ["tiny-qwen", "<|im_end|>", 1402],
  ["tiny-gemma", "<eos>", 1],
  ["tiny-llama", "</s>", 2],
] as const)("a special token written in a text of %s is that token, as in the reference", (name, token, id) => {
  const tokenizer = load(name);
  const { ids } = tokenizer.encode(`hello ${token} world`, { add_special_tokens: false });
  expect(ids).toContain(id);
  expect(tokenizer.token_to_id(token)).toBe(id);
});
