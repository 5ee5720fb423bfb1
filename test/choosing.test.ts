import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/** docs/choosing-a-model.md repeats figures of other pages: each must stand in one of those still. */
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const SOURCES = [
  "docs/late-interaction.md",
  "docs/models.md",
  "docs/quality.md",
  "docs/reliability.md",
  "docs/search.md",
  "docs/speed.md",
  "packages/cli/README.md",
  "packages/qdrant/README.md",
  "bench/README.md",
];

/** Decimals, numbers with commas, and whatever has a unit; not the parts of names (v1.5). */
const FIGURE = /(?<![\w.,-])\d[\d,]*(?:\.\d+|(?=,\d{3}))[\d,]*|(?<![\w.,-])\d+(?= ?(?:MB|kB|GB|ms)\b)/g;
const page = read("docs/choosing-a-model.md").replace(/\]\([^)]*\)/g, "]");
const figures = [...new Set(page.match(FIGURE)!.map((figure) => figure.replace(/,$/, "")))];
const sources = SOURCES.map(read).join("\n");

describe("docs/choosing-a-model.md", () => {
  test("has figures", () => {
    expect(figures.length).toBeGreaterThan(50);
  });

  test.each(figures)("%s is a figure of another page", (figure) => {
    // Not toMatch, which would print all those pages.
    expect(new RegExp(`(?<![\\d.,])${figure.replaceAll(".", "\\.")}(?!\\d|[.,]\\d)`).test(sources)).toBe(true);
  });
});
