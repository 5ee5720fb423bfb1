import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { htmlSource } from "./html-source.js";
import { toPassages } from "./passages.js";
import type { Source } from "./source.js";

const words = (text: string) => text.split(/\s+/).filter(Boolean).length;
const passages = (source: Source) => toPassages(source, words);
const many = (word: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${word}${String(i).padStart(3, "0")}`).join(" ");
const markdown = (text: string): Source => ({ text, format: "markdown" });

describe("Markdown", () => {
  test("a heading begins a passage, which stands under the headings above it", () => {
    const text =
      "# Guide\n\nIntro.\n\n## Install `it`\n\nRun it.\n\n### On [Linux](x.md)\n\nUse a shell.\n\n## Use\n\nAsk.";
    expect(passages(markdown(text))).toEqual([
      { title: "", text: "# Guide\n\nIntro.", lines: [1, 2, 3] },
      { title: "Guide", text: "## Install `it`\n\nRun it.", lines: [5, 6, 7] },
      { title: "Guide > Install it", text: "### On [Linux](x.md)\n\nUse a shell.", lines: [9, 10, 11] },
      { title: "Guide", text: "## Use\n\nAsk.", lines: [13, 14, 15] },
    ]);
  });

  test("a long section is divided at its paragraphs, each part under the heading; a long line is in several", () => {
    const text = `# T\r\n\r\n${[many("a", 120), many("b", 300), many("c", 40)].join("\r\n\r\n")}`;
    expect(passages(markdown(text)).map((one) => [one.title, one.text.slice(0, 9), one.lines])).toEqual([
      ["", "# T\n\na000", [1, 2, 3]],
      ["T", "b000 b001", [5]],
      ["T", "b150 b151", [5, 6, 7]],
    ]);
  });

  test("of the headings above, the nearest are told; what has no word is left out", () => {
    const text = `# ${many("a", 30)}\n\nx\n\n## ${many("b", 30)}\n\n***\n\n### C\n\ny`;
    expect(passages(markdown(text)).map(({ title }) => title)).toEqual(["", many("a", 30), many("b", 30)]);
    expect(passages(markdown("***\n\n---"))).toEqual([]);
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
<h2>Prices</h2>
<pre>
a  b

  c</pre>
</body></html>`;
    expect(passages(htmlSource(html))).toEqual([
      {
        title: "",
        text: "Opening & hours\n\nWe open at nine and close at six.\n\nMondays\n\nTuesdays",
        lines: [4, 4, 6, 6, 8, 8, 8],
      },
      { title: "Opening & hours", text: "Prices\n\na  b\n  c", lines: [9, 9, 11, 13] },
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
        const source = htmlSource(html);
        if (!("blocks" in source)) throw new Error("HTML has blocks");
        expect(source.lines).toEqual([...source.lines].sort((a, b) => a - b));
        for (const line of source.lines) expect(line).toBeLessThanOrEqual(last);
        expect(source.blocks.map(({ start, end }) => source.text.slice(start, end)).join("")).toBe(source.text);
        for (const { text, lines } of passages(source)) expect(text.split("\n")).toHaveLength(lines.length);
      }),
    );
  });
});

test("each word of a text is in a passage, with its line", () => {
  const line = fc.oneof(
    fc.constantFrom("", "  ", "# H", "```", "---", "text", many("long", 450), "漢字".repeat(500)),
    fc.string({ unit: "grapheme" }),
  );
  const source = fc.record({
    text: fc.array(line, { maxLength: 30 }).map((lines) => lines.join("\n").toWellFormed()),
    format: fc.constantFrom("markdown", "text", "code"),
  });
  fc.assert(
    fc.property(source, (source) => {
      const lines = source.text.split(/\r\n|\n|\r/);
      const letters = (text: string) => text.match(/[\p{L}\p{N}]/gu)?.join("") ?? "";
      const found = passages(source);
      expect(letters(found.map(({ text }) => text).join("\n"))).toBe(letters(source.text));
      for (const passage of found) {
        for (const [i, own] of passage.text.split("\n").entries()) {
          expect(lines[passage.lines[i]! - 1]!.includes(own)).toBe(true);
        }
      }
    }),
  );
});
