import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixture } from "../../../../test/support/models.js";
import { loadTokenizer } from "./load.js";
import { inParts } from "./parts.js";

const read = (name: string, file: string) => JSON.parse(readFileSync(`${fixture(name)}/${file}`, "utf8")) as object;
const load = (name: string) => loadTokenizer(read(name, "tokenizer.json"), read(name, "tokenizer_config.json"));
const idsOf = (tokenizer: ReturnType<typeof load>, text: string) =>
  tokenizer.encode(text, { add_special_tokens: false }).ids;

describe("a long text in parts", () => {
  test("is complete, and no part begins within a character or with a mark", () => {
    const marks = fc.stringMatching(/^[\u0301\u0327\u200b]{0,20}$/);
    const piece = fc
      .tuple(fc.string({ unit: "binary", minLength: 1 }), marks)
      .map((both) => both.join("").toWellFormed());
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 20 }), (pieces) => {
        const text = pieces.join("").repeat(Math.ceil(140_000 / pieces.join("").length));
        const parts: string[] = [];
        inParts(text, (part) => String(parts.push(part)));
        expect(parts.join("")).toBe(text);
        for (const part of parts.slice(1)) expect(/^[\p{M}\udc00-\udfff]/u.test(part)).toBe(false);
        for (const part of parts) expect(part.isWellFormed()).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  // Spans many parts and many matches, wherever these end.
  test.each(["tiny-bert-cls", "tiny-xlmr-cls", "tiny-code"])("has the ids of its pieces one by one: %s", (name) => {
    const tokenizer = load(name);
    const runs = fc.tuple(fc.constantFrom("\u0301", "\u0378", "\u0600", "熊", "🐼", "\ue000", "ж"), fc.nat(2500));
    const piece = fc
      .array(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 9 }),
          runs.map(([character, n]) => character.repeat(n)),
        ),
      )
      .map((some) => `a ${some.join("").toWellFormed().replaceAll(/\s/gu, "x")} b.`);
    fc.assert(
      fc.property(piece, (each) => {
        const alone = idsOf(tokenizer, ` ${each}`);
        const times = Math.ceil(140_000 / each.length / 4);
        const long = idsOf(tokenizer, ` ${each}`.repeat(times));
        expect(long).toEqual(Array.from({ length: times }, () => alone).flat());
      }),
      { numRuns: 15 },
    );
  });

  test("may be a run of ten million marks, or of some million other characters", () => {
    const [bert, xlmr] = [load("tiny-bert-cls"), load("tiny-xlmr-cls")];
    const runs = ["\u0301".repeat(1e7), ..."ж\u0378\ue000"].map((text) => (text.length > 1 ? text : text.repeat(2e6)));
    for (const text of runs) {
      expect(bert.encode(text, { add_special_tokens: false }).total).toBeLessThanOrEqual(1);
      const { ids, total } = xlmr.encode(text, { add_special_tokens: false, most: 5 });
      expect(ids.length).toBe(Math.min(total, 5));
    }
  });
});
