import fc from "fast-check";
import { expect, test } from "vitest";
import { fold, foldCase, isAscii } from "./fold.js";

const full = (text: string) => foldCase(fold(text));
const ALL = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).filter((character) =>
  /[^\p{Cn}\p{Co}\p{Cs}]/u.test(character),
);

test("every character: folding is idempotent", () => {
  expect(ALL.filter((character) => full(full(character)) !== full(character))).toEqual([]);
});

test("every character: either case, composed or not, has the same folding", () => {
  const forms = [
    (character: string) => character.toUpperCase(),
    (character: string) => character.toLowerCase(),
    (character: string) => character.normalize("NFC"),
    (character: string) => character.normalize("NFD"),
  ];
  const differs = (character: string) => forms.some((form) => full(form(character)).trim() !== full(character).trim());
  expect(ALL.filter(differs)).toEqual([]);
});

test("any text: folding is idempotent and leaves nothing invisible", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(full(full(text))).toBe(full(text));
      expect(fold(text)).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
    }),
    { numRuns: 5000 },
  );
});

test("ASCII is left as it is", () => {
  fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (text) => isAscii(text) && fold(text) === text));
});

// Cases from the tests of Lucene's ICUFoldingFilter.
test.each([
  ["Ruß", "russ"],
  ["ΜΆΪΟΣ", "μαιοσ"],
  ["Μάϊος", "μαιοσ"],
  ["résumé re\u0301sume\u0301", "resume resume"],
  ["đis is cräzy", "dis is crazy"],
  ["ELİF", "elif"],
  ["৭০৬", "706"],
  ["eﬃcient", "efficient"],
  ["क्‍ष", "कष"],
])("%s is folded to %s", (text, folded) => {
  expect(full(text)).toBe(folded);
});
