import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { divide, MOST_WINDOWS } from "./divide.js";

/** As a word-piece tokenizer: a token for each word, and one for each Chinese character or other sign. */
const countOf = (text: string) => text.match(/[a-z0-9]+|[^\sa-z0-9]/gu)?.length ?? 0;

function windowsOf(text: string, room: number) {
  const { ranges, read } = divide(text, room, countOf);
  const windows = Array.from({ length: ranges.length / 2 }, (_, i) => [ranges[2 * i]!, ranges[2 * i + 1]!] as const);
  return { windows, read };
}

const words = fc.array(
  fc.constantFrom(
    "red ",
    "blue. ",
    "well, ",
    "end! ",
    "\n\n",
    "\u3002",
    "\u732b",
    "\u{1f600}",
    "longwordwithoutend",
    "   ",
  ),
  {
    minLength: 1,
    maxLength: 200,
  },
);

describe("divide", () => {
  test("windows fit, follow each other without a gap, advance, and cut no character", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 60 }), (some, room) => {
        const text = some.join("");
        const { windows, read } = windowsOf(text, room);
        let [before, end] = [-1, 0];
        for (const [from, to] of windows) {
          expect(countOf(text.slice(from, to))).toBeLessThanOrEqual(room);
          expect(from).toBeLessThanOrEqual(end);
          expect(from).toBeGreaterThan(before);
          expect(to).toBeGreaterThan(end);
          expect(text.slice(from, to).isWellFormed()).toBe(true);
          [before, end] = [from, to];
        }
        expect(windows.length).toBeLessThanOrEqual(MOST_WINDOWS);
        expect(end === text.length || windows.length === MOST_WINDOWS).toBe(true);
        // A word that was cut has more tokens.
        expect(read).toBeGreaterThanOrEqual(countOf(text.slice(0, end)));
      }),
    );
  });

  test("windows begin and end with a sentence, and share the last ones of the window before", () => {
    const text = Array.from({ length: 40 }, (_, i) => `This is the short sentence number ${i}. `).join("");
    const { windows } = windowsOf(text, 100);
    expect(windows.length).toBeGreaterThan(2);
    for (const [from, to] of windows) expect(text.slice(from, to)).toMatch(/^This is .*\. $/);
    for (const [i, [from]] of windows.entries()) {
      if (i > 0) expect(text.slice(from, windows[i - 1]![1])).toMatch(/^This is the short sentence number \d+\. $/);
    }
  });

  test("a text that fits is one window", () => {
    expect(windowsOf("A short text. It has two sentences.", 50).windows).toEqual([[0, 35]]);
  });

  test("what lies beyond the last window is not read", () => {
    const text = "one two three four. ".repeat(1000);
    const { windows, read } = windowsOf(text, 20);
    expect(windows).toHaveLength(MOST_WINDOWS);
    expect(read).toBeLessThanOrEqual(MOST_WINDOWS * 20);
    expect(read).toBe(countOf(text.slice(0, windows.at(-1)![1])));
  });

  test("a text without end is looked at no further than its windows reach", () => {
    let counted = 0;
    divide("x".repeat(3_000_000), 20, (text) => {
      counted += text.length;
      return countOf(text);
    });
    divide(" ".repeat(3_000_000), 20, (text) => {
      counted += text.length;
      return countOf(text);
    });
    expect(counted).toBeLessThan(1_000_000);
  });
});
