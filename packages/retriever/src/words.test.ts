import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wordsOf } from "./words.js";

describe("wordsOf", () => {
  test.each([
    ["The CATS sat, didn't they?", ["cat", "sat", "didn", "t"]],
    ["Größe Ёлка ﬁne ＡＢＣ", ["grosse", "елка", "fine", "abc"]],
    ["classes buses countries gas is this", ["classe", "buse", "country", "gas"]],
    ["", []],
    ["… — !", []],
  ])("%j: words in lower case, singular, without stop words", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    ["股市跌", ["股", "市", "股市", "跌", "市跌"]],
    ["iphone手机", ["iphone", "手", "机", "手机"]],
    ["東京タワー", ["東", "京", "東京", "タ", "京タ", "ワ", "タワ", "ー", "ワー"]],
    ["𠮷野", ["𠮷", "野", "𠮷野"]],
    ["ｶﾞラス", ["ガ", "ラ", "ガラ", "ス", "ラス"]],
    ["ไม่", ["ไ", "ม", "ไม", "่", "ม่"]],
    ["한국어 문서", ["한국어", "문서"]],
  ])("%j: characters and pairs where no spaces are written", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    ["maxQueueSize", ["maxqueuesize", "max", "queue", "size"]],
    ["get_user_names(x2)", ["get", "user", "name", "x2"]],
    ["HTTPServer2", ["httpserver2", "http", "server2", "server", "2"]],
    ["parseHTML5", ["parsehtml5", "parse", "html5", "html", "5"]],
    ["URLs, DNA's; Kühlschrank", ["url", "dna", "s", "kuhlschrank"]],
    ["ПриветМир", ["приветмир", "привет", "мир"]],
    ["isReady", ["isready", "ready"]],
  ])("%j: an identifier, and its parts", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    ["10kg", ["10kg", "10", "kg"]],
    ["10㎏", ["10", "kg"]],
    ["python3", ["python3", "python", "3"]],
    ["p53 x² H₂O", ["p53", "x2", "h2o"]],
    ["1½ ACME™", ["1", "1", "2", "acme", "tm"]],
    ["v1.2.3", ["v1", "2", "3", "1.2.3"]],
    ["the 1990s cost 3.50", ["1990", "cost", "3", "50"]],
  ])("%j: numbers, their units and versions", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    ["recon-\nstruction", ["recon", "struction", "reconstruction"]],
    ["recon\u2010 \r\n   struction", ["recon", "struction", "reconstruction"]],
    ["re-\ncon-\nstruction", ["re", "con", "struction", "reconstruction"]],
    ["recon\u00AD\nstruction", ["reconstruction"]],
    ["well-known", ["well", "known"]],
    ["a line -\nand 19-\n20", ["line", "19", "20"]],
  ])("%j: words that go on in the next line", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    ["soft hyphen", "recon\u00ADstruction", "reconstruction"],
    ["zero-width space", "gar\u200Bage", "garage"],
    ["zero-width non-joiner", "می\u200Cخواهم", "میخواهم"],
    ["bidirectional marks", "\u202Bשלום\u202C", "שלום"],
    ["Arabic vowels and tatweel", "كِتَـــاب", "كتاب"],
    ["Persian letters", "کتابی", "كتابي"],
    ["Hebrew points", "שָׁלוֹם", "שלום"],
    ["digits", "٢٠٢٤ २०२४", "2024 2024"],
    ["Turkish capitals", "İSTANBUL ISPARTA", "istanbul ısparta"],
    ["sharp s", "STRAẞE STRASSE", "straße strasse"],
    ["final sigma", "ΟΔΟΣ", "οδος"],
    ["iota below", "ᾳ", "ΑΙ"],
    ["strokes and ligatures", "Øresund Łódź đis œuvre Æsir", "oresund lodz dis oeuvre aesir"],
    ["a capital ligature", "ÆSIR Æ\u0301sir", "aesir aesir"],
    ["apostrophes", "don’t donʼt п’ять пʼять", "don't don't п'ять п'ять"],
    ["full width", "ＣＡＦＥ　１２", "café 12"],
  ])("%s: written in either way", (_, text, other) => {
    expect(wordsOf(text)).toEqual(wordsOf(other));
    expect(wordsOf(text)).not.toEqual([]);
  });

  test("vowels that distinguish words are kept", () => {
    for (const [one, other] of [
      ["हिंदी", "हदी"],
      ["தமிழ்", "தமழ்"],
      ["か", "が"],
      ["ไม่", "ไม้"],
    ]) {
      expect(wordsOf(one!)).not.toEqual(wordsOf(other!));
    }
  });

  test("very long runs take linear time", () => {
    for (const run of [`AB${"1".repeat(3e5)}`, "aB".repeat(1e5), `x${"-".repeat(2e5)}`, `${"x ".repeat(1e5)}-`]) {
      expect(wordsOf(run).length).toBeGreaterThan(0);
    }
    expect(wordsOf("1.1.1 ".repeat(2e5))).toHaveLength(8e5);
  });
});

describe("whatever the text", () => {
  const IGNORABLE = codePoints(/\p{Default_Ignorable_Code_Point}/u);
  const word = fc.constantFrom(
    "reconstruction",
    "Größe",
    "предложение",
    "كتاب",
    "हिंदी",
    "東京",
    "한국어",
    "maxQueueSize",
    "10kg",
  );

  test("a word is found even if invisible characters split it anywhere", () => {
    fc.assert(
      fc.property(word, fc.nat(20), fc.constantFrom(...IGNORABLE), (word, at, character) => {
        const place = at % (word.length + 1);
        expect(wordsOf(word.slice(0, place) + character + word.slice(place))).toEqual(wordsOf(word));
      }),
      { numRuns: 2000 },
    );
  });

  test("composed and decomposed forms have the same words", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(wordsOf(text.normalize("NFD"))).toEqual(wordsOf(text.normalize("NFC")));
      }),
      { numRuns: 2000 },
    );
  });

  test("small letters and capitals have the same words", () => {
    const letters = codePoints(/\p{Ll}/u).filter((letter) => letter.toUpperCase() !== letter);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...letters), { maxLength: 8 }), (list) => {
        const text = list.join("");
        expect(wordsOf(text.toUpperCase())).toEqual(wordsOf(text));
      }),
      { numRuns: 2000 },
    );
  });
});

function codePoints(which: RegExp): string[] {
  return Array.from({ length: 0x110000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code))
    .filter((character) => which.test(character));
}
