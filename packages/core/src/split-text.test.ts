import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SplitOptions, TextChunk } from "./api/split.js";
import { splitText } from "./split-text.js";

const words = (text: string) => text.split(/\s+/).filter(Boolean).length;
const many = (word: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${word}${String(i).padStart(2, "0")}`).join(" ");
const texts = (chunks: readonly TextChunk[]) => chunks.map(({ text }) => text);
const markdown = (text: string, maxTokens = 20, more: Partial<SplitOptions> = {}) =>
  splitText(text, { maxTokens, countTokens: words, format: "markdown", ...more });
const code = (text: string, maxTokens: number) => splitText(text, { maxTokens, countTokens: words, format: "code" });

describe("Markdown", () => {
  test("a heading begins a chunk, which stands under the headings above it", () => {
    const text =
      "# Guide\n\nIntro.\n\n## Install `it`\n\nRun it.\n\n### On [Linux](x.md)\n\nUse a shell.\n\nUse\n---\n\nAsk.\n";
    expect(markdown(text).map(({ headings, text }) => [headings, text])).toEqual([
      [[], "# Guide\n\nIntro."],
      [["Guide"], "## Install `it`\n\nRun it."],
      [["Guide", "Install it"], "### On [Linux](x.md)\n\nUse a shell."],
      [["Guide"], "Use\n---\n\nAsk."],
    ]);
  });

  test("headings go with what follows them, even if that has to be cut", () => {
    const cut = (count: number) =>
      markdown(`# T\n\n## U\n\n${many("a", count)}`).map(({ headings, text }) => [headings, text]);
    const after = (count: number, from: number) => many("a", count).split(" ").slice(from).join(" ");
    expect(cut(30)).toEqual([
      [[], `# T\n\n## U\n\n${many("a", 15)}`],
      [["T", "U"], after(30, 15)],
    ]);
    expect(cut(18)).toEqual([
      [[], `# T\n\n## U\n\n${many("a", 9)}`],
      [["T", "U"], after(18, 9)],
    ]);
  });

  test("nothing but headings is a chunk", () => {
    expect(texts(markdown("# One\n## Two"))).toEqual(["# One\n## Two"]);
  });

  test("a paragraph, a fence and a table stay whole where they fit", () => {
    const fence = `~~~js\n${many("b", 5)}\n\n# no heading\n${many("c", 5)}\n~~~`;
    const table = `| h1 | h2 |\n| --- | --- |\n| ${many("d", 3)} | e |`;
    const text = ["Some words here.", many("a", 15), fence, table, "The end."].join("\n\n");
    expect(texts(markdown(text))).toEqual([`Some words here.\n\n${many("a", 15)}`, fence, `${table}\n\nThe end.`]);
  });

  test("what is too long is cut at the items of a list, at sentences, at lines", () => {
    const item = (n: number) => `- item ${n} ${many("x", 6)}\n  - inside ${many("y", 5)}`;
    expect(texts(markdown([item(1), item(2), item(3)].join("\n")))).toEqual([item(1), item(2), item(3)]);
    const sentence = (n: number) => `Sentence ${n} goes\non here ${many("z", 5)}.`;
    const [first, second, third] = [1, 2, 3].map(sentence);
    expect(texts(markdown([first, second, third].join(" ")))).toEqual([`${first} ${second}`, third]);
    const row = (n: number) => `| ${many(`r${n}_`, 7)} |`;
    expect(texts(markdown(`| a |\n| - |\n${[1, 2, 3].map(row).join("\n")}`))).toEqual([
      `| a |\n| - |\n${row(1)}`,
      `${row(2)}\n${row(3)}`,
    ]);
  });

  test("what looks like a heading in code or front matter is none", () => {
    const text =
      "---\ntitle: x\n# no\n---\n\nTop\n===\n\n```sh\n# comment\n```\n\n````\n```\n# no\n````\n# Last\n\nEnd";
    expect(markdown(text, 50).map(({ headings, text }) => [headings, text.slice(0, 12)])).toEqual([
      [[], "---\ntitle: x"],
      [[], "Top\n===\n\n```"],
      [[], "# Last\n\nEnd"],
    ]);
  });
});

describe("code", () => {
  test("is cut between declarations, with the comments before them", () => {
    const a = `/**\n * About a.\n */\nexport function a() {\n  ${many("x", 6)}\n\n  return 1;\n}`;
    const b = `// About b.\nfunction b() {\n  if (x) {\n    y();\n  } else {\n    z();\n  }\n}`;
    expect(texts(code(`${a}\n${b}\n`, 25))).toEqual([a, b]);
    const python = (name: string) =>
      `@decorator\ndef ${name}(\n    x,\n):\n    """Doc."""\n\n    return ${many("x", 6)}`;
    expect(texts(code(`${python("a")}\n\n\n${python("b")}\n`, 20))).toEqual([python("a"), python("b")]);
  });

  test("one that is too long is cut between those inside it, which keep their indentation", () => {
    const method = (name: string) => `  ${name}() {\n    ${many("x", 6)}\n\n    return 1;\n  }`;
    expect(texts(code(`class A {\n${[method("b"), method("c"), method("d")].join("\n\n")}\n}\n`, 15))).toEqual([
      `class A {\n${method("b")}`,
      method("c"),
      `${method("d")}\n}`,
    ]);
  });
});

describe("overlap", () => {
  test("repeats whole sentences of the chunk before, but no heading", () => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => `${name.toUpperCase()} ${many(name, 7)}.`);
    const text = `# T\n\n${[a, b, c, d].join(" ")}`;
    expect(texts(markdown(text, 18, { overlapTokens: 9 }))).toEqual([`# T\n\n${a} ${b}`, `${b} ${c}`, `${c} ${d}`]);
  });

  test("repeats words where a sentence is too long, and whole lines of code", () => {
    expect(texts(splitText(many("a", 30), { maxTokens: 16, overlapTokens: 4, countTokens: words })).length).toBe(3);
    const lines = Array.from({ length: 6 }, (_, i) => `line${i} ${many("x", 3)}`);
    const options = { maxTokens: 12, overlapTokens: 5, countTokens: words, format: "code" } as const;
    expect(texts(splitText(lines.join("\n"), options))).toEqual([
      lines.slice(0, 3).join("\n"),
      lines.slice(2, 5).join("\n"),
      lines.slice(4, 6).join("\n"),
    ]);
  });
});

describe("any text", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "",
      "",
      "  ",
      "\t",
      "# H",
      "## H2 #",
      "```",
      "~~~js",
      "---",
      "===",
      "+++",
      "> quote",
      "* item",
      "  1. one",
    ),
    fc.constantFrom(
      "| a | b |",
      "| - | - |",
      "}",
      "  }",
      "function f() {",
      "    return 1;",
      " * comment",
      "else:",
      "Text. More?",
    ),
    fc.constantFrom(many("long", 90), "x".repeat(700), "漢字。".repeat(90), "🙂".repeat(90), " ".repeat(99)),
    fc.string({ unit: "grapheme" }),
  );
  const text = fc
    .tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom("\n", "\r\n", "\r"))
    .map(([lines, end]) => lines.join(end).toWellFormed());
  /** A token is at most eight characters; as with some tokenizers, two parts may have one more together. */
  const counters = [
    (text: string) => text.split(/\s+/).reduce((sum, word) => sum + Math.ceil(word.length / 8), 0),
    (text: string) => Math.ceil(text.length / 3) + Math.floor(text.length / 50),
  ];

  test("begins and ends between words, if each fits, whatever marks are in them", () => {
    const word = fc.constantFrom(
      "Really?",
      "https://a.example/b?c=d&e=f!g",
      "[![Build",
      "status](https://a.example/b.svg?d=e)](f)",
      "“Quote!”",
      "e.g.",
      "(v1.2!é)",
      "No.",
    );
    const words = fc.array(fc.tuple(word, fc.constantFrom(" ", "\n")), { minLength: 1, maxLength: 60 });
    const options = fc.record({
      format: fc.constantFrom("text", "markdown", "code"),
      maxTokens: fc.integer({ min: 2, max: 20 }),
      overlapTokens: fc.constantFrom(0, 1),
    });
    const countTokens = (text: string) => text.split(/\s+/).filter(Boolean).length;
    fc.assert(
      fc.property(words, options, (words, options) => {
        const text = words.flat().join("");
        for (const { start, end } of splitText(text, { ...options, countTokens })) {
          expect(start === 0 || /\s/.test(text[start - 1]!), text.slice(0, start)).toBe(true);
          expect(/^\s/.test(text.slice(end)), text.slice(0, end)).toBe(true);
        }
      }),
    );
    // Scripts without spaces are cut at their marks.
    const han = `${"漢".repeat(9)}。`;
    const chunks = splitText(`${han}${han}`, { maxTokens: 12, countTokens: (text) => text.length });
    expect(texts(chunks)).toEqual([han, han]);
  });

  test("is covered by chunks in order, none of which is too long or ends with half a character", () => {
    const options = fc.record({
      format: fc.constantFrom("text", "markdown", "code"),
      maxTokens: fc.integer({ min: 1, max: 60 }),
      overlap: fc.double({ min: 0, max: 0.5, noNaN: true }),
      countTokens: fc.constantFrom(...counters),
    });
    fc.assert(
      fc.property(text, options, (text, { overlap, ...options }) => {
        const { countTokens, maxTokens } = options;
        const overlapTokens = Math.floor(overlap * maxTokens);
        const chunks = splitText(text, { ...options, overlapTokens });
        let [covered, last] = [0, -1];
        for (const chunk of chunks) {
          expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
          expect(chunk.text.isWellFormed()).toBe(true);
          expect(chunk.tokens).toBe(countTokens(chunk.text));
          if (Array.from(chunk.text).length > 1) expect(chunk.tokens).toBeLessThanOrEqual(maxTokens);
          expect(text.slice(covered, chunk.start).trim()).toBe("");
          expect(chunk.start).toBeGreaterThan(last);
          expect(chunk.end).toBeGreaterThan(covered);
          const repeated = text.slice(chunk.start, covered);
          expect(countTokens(repeated.trim())).toBeLessThanOrEqual(overlapTokens);
          if (options.format !== "markdown") expect(chunk.headings).toEqual([]);
          [covered, last] = [chunk.end, chunk.start];
        }
        expect(text.slice(covered).trim()).toBe("");
      }),
      { numRuns: 400 },
    );
  });

  test("is split in reasonable time, whatever is repeated in it", () => {
    const countTokens = (text: string) => Math.ceil(text.length / 4);
    const odd = [
      " ",
      "\n",
      "#",
      "# a\n",
      "|",
      "| - |\n",
      "```\n",
      "- ",
      "a ",
      "a",
      " a\n",
      "}\n",
      "=",
      "* ",
      ">",
      "[",
      "\t",
    ];
    const staircase = Array.from({ length: 300 }, (_, i) => `${" ".repeat(i)}- x`);
    for (const format of ["text", "markdown", "code"] as const) {
      const options = { maxTokens: 100, overlapTokens: 10, countTokens, format };
      for (const part of odd) expect(splitText(part.repeat(2e4), options).length).toBeGreaterThanOrEqual(0);
      expect(splitText(staircase.join("\n"), options).length).toBeGreaterThan(100);
      expect(splitText(staircase.toReversed().join("\n"), options).length).toBeGreaterThan(100);
    }
  });
});

describe("refused", () => {
  const good = { maxTokens: 10, countTokens: words };
  const refusal = (parameter: string) => expect.objectContaining({ name: "BgeError", parameter });

  test.each([
    ["maxTokens", { countTokens: words }],
    ["countTokens", { maxTokens: 10 }],
    ["maxTokens", { ...good, maxTokens: 0 }],
    ["maxTokens", { ...good, maxTokens: 1.5 }],
    ["countTokens", { ...good, countTokens: "words" }],
    ["countTokens", { ...good, countTokens: async () => 1 }],
    ["countTokens", { ...good, countTokens: () => Number.NaN }],
    ["overlapTokens", { ...good, overlapTokens: -1 }],
    ["overlapTokens", { ...good, overlapTokens: 6 }],
    ["format", { ...good, format: "html" }],
    ["unheard", { ...good, unheard: 1 }],
  ])("%s of %o", (parameter, options) => {
    expect(() => splitText("some text", options as SplitOptions)).toThrow(refusal(parameter));
  });

  test.each([undefined, null, 1, ["text"], "a\ud800"])("%o as a text", (text) => {
    expect(() => splitText(text as string, good)).toThrow(refusal("text"));
  });

  test("a blank text has no chunks", () => {
    for (const text of ["", " \n\n\t "]) expect(splitText(text, good)).toEqual([]);
  });
});
