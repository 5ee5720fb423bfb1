import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixture } from "../../../../test/support/models.js";
import type { Architecture } from "../api/model.js";
import { createTokens, type Tokens } from "./encode.js";

function json(model: string, name: string): object {
  return JSON.parse(readFileSync(join(fixture(model), name), "utf8"));
}
function tokensOf(model: string, architecture: Architecture): Tokens {
  return createTokens(json(model, "tokenizer.json"), json(model, "tokenizer_config.json"), { architecture });
}

const bert = tokensOf("tiny-bert-cls", "bert");
const xlmr = tokensOf("tiny-xlmr-cls", "xlm-roberta");
/** Start, end and padding ids of each vocabulary. */
const frames = [
  { name: "BERT", tokens: bert, start: 2, end: 3, between: [3], pad: 0 },
  { name: "XLM-R", tokens: xlmr, start: 0, end: 2, between: [2, 2], pad: 1 },
];
const text = "what is retrieval and how does it rank the documents?";

function bare(tokens: Tokens, input: string, maxTokens = 10_000): number[] {
  return [...tokens.encode([input], { form: "bare", maxTokens }).rows.ids];
}

describe.each(frames)("tokens of $name", ({ tokens, start, end, between, pad }) => {
  test("know their frame and padding", () => {
    expect(tokens.padId).toBe(pad);
    expect(tokens.frame).toEqual({ single: 2, pair: 2 + between.length, tail: 0 });
  });

  test("frame one text", () => {
    const { rows, totals } = tokens.encode([text], { form: "single", maxTokens: 512 });
    expect([...rows.ids]).toEqual([start, ...bare(tokens, text), end]);
    expect([...rows.lengths]).toEqual([rows.ids.length]);
    expect([...rows.seconds]).toEqual([0]);
    expect([...totals]).toEqual([rows.ids.length]);
    expect(bare(tokens, text).length).toBeGreaterThan(10);
  });

  test("frame an empty text as the special tokens alone", () => {
    for (const empty of ["", " ", " \n\t "]) {
      const { rows, totals } = tokens.encode([empty], { form: "single", maxTokens: 512 });
      expect([...rows.ids]).toEqual([start, end]);
      expect([...totals]).toEqual([2]);
    }
  });

  test("truncate a text on the right, keep its end token, and count its original tokens", () => {
    const whole = bare(tokens, text);
    fc.assert(
      fc.property(fc.integer({ min: 3, max: whole.length + 5 }), (maxTokens) => {
        const { rows, totals } = tokens.encode([text], { form: "single", maxTokens });
        expect([...rows.ids]).toEqual([start, ...whole.slice(0, maxTokens - 2), end]);
        expect(rows.ids.length).toBeLessThanOrEqual(maxTokens);
        expect(totals[0]).toBe(whole.length + 2);
      }),
    );
  });

  test("frame a pair, and know where its second text starts", () => {
    const query = Int32Array.from(bare(tokens, "what is it?"));
    const { rows, totals } = tokens.encode([text, "x"], { form: "pair", maxTokens: 512, query });
    const head = [start, ...query, ...between];
    const expected = [text, "x"].map((document) => [...head, ...bare(tokens, document), end]);
    expect([...rows.ids]).toEqual(expected.flat());
    expect([...rows.lengths]).toEqual(expected.map((ids) => ids.length));
    expect([...rows.seconds]).toEqual([head.length, head.length]);
    expect([...totals]).toEqual(expected.map((ids) => ids.length));
  });

  test("truncate only the second text of a pair", () => {
    const query = Int32Array.from(bare(tokens, "what is it?"));
    const head = [start, ...query, ...between];
    const second = bare(tokens, text);
    fc.assert(
      fc.property(fc.integer({ min: head.length + 1, max: head.length + second.length + 5 }), (maxTokens) => {
        const { rows, totals } = tokens.encode([text], { form: "pair", maxTokens, query });
        expect([...rows.ids]).toEqual([...head, ...second.slice(0, maxTokens - head.length - 1), end]);
        expect(rows.ids.length).toBeLessThanOrEqual(maxTokens);
        expect(totals[0]).toBe(head.length + second.length + 1);
      }),
    );
  });

  test("keep all separators of a pair whose texts are empty", () => {
    const query = Int32Array.from(bare(tokens, "what"));
    const pair = (asked: Int32Array) => [
      ...tokens.encode([""], { form: "pair", maxTokens: 512, query: asked }).rows.ids,
    ];
    expect(pair(query)).toEqual([start, ...query, ...between, end]);
    expect(pair(new Int32Array(0))).toEqual([start, ...between, end]);
  });

  test("truncate a bare text without any frame", () => {
    const { rows, totals } = tokens.encode([text], { form: "bare", maxTokens: 4 });
    expect([...rows.ids]).toEqual(bare(tokens, text).slice(0, 4));
    expect([...totals]).toEqual([bare(tokens, text).length]);
  });

  test("count a whole text, its frame included, and return no ids", () => {
    const { rows, totals } = tokens.encode([text, ""], { form: "count" });
    expect([...totals]).toEqual([bare(tokens, text).length + 2, 2]);
    expect(rows.ids).toHaveLength(0);
  });

  test("encode each text of a list as if it were alone", () => {
    const some = fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 8 });
    fc.assert(
      fc.property(some, (texts) => {
        const { rows, totals } = tokens.encode(texts, { form: "single", maxTokens: 16 });
        const alone = texts.map((one) => tokens.encode([one], { form: "single", maxTokens: 16 }));
        expect([...rows.ids]).toEqual(alone.flatMap((one) => [...one.rows.ids]));
        expect([...rows.lengths]).toEqual(alone.map((one) => one.rows.ids.length));
        expect([...totals]).toEqual(alone.map((one) => one.totals[0]));
      }),
    );
  });
});

test("a special token written in a text is that token, as in the reference", () => {
  expect(bare(bert, "hello [SEP] world")).toContain(3);
  expect(bare(xlmr, "hello </s> world")).toContain(2);
});

test("astral Han characters stand alone, like other Han", () => {
  expect(bare(bert, "a𠀀𠀁b")).toEqual(bare(bert, "a 𠀀 𠀁 b"));
});

test("a capital sigma at the end of a word is lowercased like any other", () => {
  expect(bare(bert, "ΟΔΟΣ")).toEqual(bare(bert, "οδοσ"));
});

test("files of another architecture are rejected", () => {
  const mismatch = expect.objectContaining({ name: "BgeError", code: "MODEL_MISMATCH" });
  expect(() => tokensOf("tiny-bert-cls", "xlm-roberta")).toThrow(mismatch);
  expect(() => tokensOf("tiny-xlmr-cls", "bert")).toThrow(mismatch);
});

test("a tokenizer with a frame other than its architecture's is rejected", () => {
  const { post_processor: _, ...without } = json("tiny-bert-cls", "tokenizer.json") as { post_processor: object };
  const create = () =>
    createTokens({ ...without, post_processor: null }, json("tiny-bert-cls", "tokenizer_config.json"), {
      architecture: "bert",
    });
  expect(create).toThrow(expect.objectContaining({ code: "MODEL_MISMATCH" }));
});
