import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readGolden } from "../../../../test/support/golden.js";
import type { EmbeddingSpec } from "../api/model.js";
import { findModel } from "../model/table.js";
import { checkParts, writePrompt } from "./vision-prompt.js";

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly inputType: "query" | "document";
    readonly text?: string;
    readonly picture?: string;
    readonly instruction?: string;
    readonly prompt: string;
  }[];
}

const factsOf = (id: string) => (findModel(id) as EmbeddingSpec).vision!;
const written = ({ before, text, after }: ReturnType<typeof writePrompt>) => before + text + after;

describe.each([
  ["tiny-llava", "BAAI/BGE-VL-v1.5-zs"],
  ["tiny-qwen-vl", "BAAI/BGE-VL-Screenshot"],
])("%s", (name, id) => {
  const { cases } = readGolden<Golden>(`vision/${name}.json`);
  const facts = factsOf(id);

  test.each(cases)("$name: the reference's prompt", ({ inputType, picture: image, prompt, ...parts }) => {
    expect(written(writePrompt(facts, { ...parts, image }, inputType))).toBe(prompt);
  });

  test("any words come out as they went in, and no word makes a place for a picture", () => {
    const words = fc.string({ unit: fc.constantFrom("{content}", "{text}", "{instruction}", "$&", "a", " ", "\n") });
    fc.assert(
      fc.property(words, words, fc.boolean(), (text, instruction, seen) => {
        const parts = { text, instruction, ...(seen && { image: "a.jpg" }) };
        const prompt = writePrompt(facts, parts, "query");
        expect(prompt.text).toBe(text);
        expect(prompt.before).toContain(instruction);
        expect(written(prompt).split(facts.imageToken)).toHaveLength(seen ? 2 : 1);
      }),
    );
  });

  test.each(["text", "instruction"] as const)("a %s that holds the picture's token is refused", (part) => {
    expect(() => checkParts(facts, { [part]: `a ${facts.imageToken} b` }, "query")).toThrow(/stands for a picture/);
  });

  test("an empty instruction is refused", () => {
    expect(() => checkParts(facts, { text: "a", instruction: "" }, "query")).toThrow(/empty; leave it out/);
  });
});

test("an instruction for a document is refused where the reference has none", () => {
  const check = (id: string) => () => checkParts(factsOf(id), { text: "a", instruction: "b" }, "document");
  expect(check("BAAI/BGE-VL-v1.5-mmeb")).toThrow(/documents have no instruction/);
  expect(check("BAAI/BGE-VL-Screenshot")).not.toThrow();
});
