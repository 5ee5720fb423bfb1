import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { htmlLines } from "./html-lines.js";
import { toPassages } from "./passages.js";
import { markdownLines, type SourceLine, textLines } from "./source-lines.js";

const words = (text: string) => text.split(/\s+/).filter(Boolean).length;
const passages = (lines: readonly SourceLine[]) => toPassages(lines, words);
const many = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word}${i}`).join(" ");

describe("Markdown", () => {
  test("a heading begins a passage, which stands under the headings above it", () => {
    const text =
      "# Guide\n\nIntro.\n\n## Install `it`\n\nRun it.\n\n### On [Linux](x.md)\n\nUse a shell.\n\n## Use\n\nAsk.";
    expect(passages(markdownLines(text))).toEqual([
      { title: "", text: "# Guide\n\nIntro.", lines: [1, 2, 3] },
      { title: "Guide", text: "## Install `it`\n\nRun it.", lines: [5, 6, 7] },
      { title: "Guide > Install it", text: "### On [Linux](x.md)\n\nUse a shell.", lines: [9, 10, 11] },
      { title: "Guide", text: "## Use\n\nAsk.", lines: [13, 14, 15] },
    ]);
  });

  test("a long section is divided at its paragraphs, each part under the heading", () => {
    const text = `# T\n\n${[many("a", 120), many("b", 120), many("c", 60)].join("\n\n")}`;
    expect(passages(markdownLines(text)).map((one) => [one.title, one.text.slice(0, 8), one.lines])).toEqual([
      ["", "# T\n\na0 ", [1, 2, 3]],
      ["T", "b0 b1 b2", [5, 6, 7]],
    ]);
  });

  test("what looks like a heading in code or front matter is none; underlined ones are", () => {
    const text =
      "---\ntitle: x\n---\n\nTop\n===\n\n```sh\n# comment\n```\n\nSub\n---\n\nText\n\n~~~~\n~~~\n# no\n~~~~\n# Last\n\nEnd";
    expect(
      markdownLines(text).flatMap(({ line, heading }) => (heading === undefined ? [] : [[line, heading]])),
    ).toEqual([
      [5, 1],
      [12, 2],
      [21, 1],
    ]);
  });

  test("nothing but headings is still found", () => {
    expect(passages(markdownLines("# One\n## Two"))).toEqual([{ title: "", text: "# One\n## Two", lines: [1, 2] }]);
  });
});

describe("HTML", () => {
  test("is read as its reader sees it, with the lines of the file", () => {
    const html = `<!doctype html>
<html><head><title>T</title><style>p {}</style></head>
<body><script>var x = "<p>no</p>";</script>
<h1>Opening &amp;
hours</h1>
<p>We open at <b>nine</b>
and close at six.</p>
<ul><li>Mondays</li><li>Tuesdays</li></ul>
<pre>
a  b

  c</pre>
</body></html>`;
    const lines = htmlLines(html).filter(({ text }) => text !== "");
    expect(lines.map(({ line, text, heading }) => [line, text, heading])).toEqual([
      [4, "Opening & hours", 1],
      [6, "We open at nine and close at six.", undefined],
      [8, "Mondays", undefined],
      [8, "Tuesdays", undefined],
      [10, "a  b", undefined],
      [12, "  c", undefined],
    ]);
  });

  test("any bytes are read", () => {
    const part = fc.constantFrom(
      "<p>",
      "</p>",
      "<pre>",
      "</script>",
      "<script>",
      "a\nb",
      "&amp;",
      "<!--",
      "-->",
      "<h2>",
      "</h2>",
      "<",
      "<b",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const html = parts.join("");
        const last = html.split("\n").length;
        let before = 1;
        for (const { line } of htmlLines(html)) {
          expect(line).toBeGreaterThanOrEqual(before);
          expect(line).toBeLessThanOrEqual(last);
          before = line;
        }
      }),
    );
  });
});

describe("any text", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "",
      "",
      "  ",
      "# H",
      "## H2",
      "```",
      "---",
      "text",
      many("long", 450),
      "x".repeat(3000),
      "漢字".repeat(500),
    ),
    fc.string({ unit: "grapheme" }),
  );
  /** A token is at most eight characters. */
  const count = (text: string) => text.split(/\s+/).reduce((sum, word) => sum + Math.ceil(word.length / 8), 0);

  test("each word is in a passage, in order, with its line, and no passage is too long", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const text = lines.join("\n");
        const read = markdownLines(text);
        const found = toPassages(read, count);
        for (const { title, text: body, lines: at } of found) {
          expect(count(title) + count(body)).toBeLessThanOrEqual(240);
          expect(body.isWellFormed()).toBe(true);
          expect(body.split("\n")).toHaveLength(at.length);
          expect([...at].sort((a, b) => a - b)).toEqual(at);
        }
        const words = (value: string) => value.match(/[\p{L}\p{N}]/gu)?.join("") ?? "";
        for (const { line: at, text: content, heading } of read) {
          if (heading !== undefined || words(content) === "") continue;
          expect(found.some((passage) => passage.lines.includes(at))).toBe(true);
        }
        // Headings may stand in titles alone; no other word is lost or moved.
        const plain = read.filter(({ heading }) => heading === undefined).map((one) => one.text);
        const headed = new Set(read.filter(({ heading }) => heading !== undefined).map(({ line: at }) => at));
        const kept = found.flatMap((passage) =>
          passage.text.split("\n").filter((_, i) => !headed.has(passage.lines[i]!)),
        );
        expect(words(kept.join(""))).toBe(words(plain.join("")));
      }),
    );
  });

  test("lines end as editors say", () => {
    expect(textLines("a\r\nb\rc\n\nd").map(({ line: at, text }) => [at, text])).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
      [4, ""],
      [5, "d"],
    ]);
  });
});
