import fc from "fast-check";
import { expect, test } from "vitest";
import { pageLines } from "./page-lines.js";

/** Letters a point wide, in lines of these heights: each line begins at an index, and at the left unless it says where. */
const at =
  (...lines: readonly (readonly [index: number, y: number, left?: number])[]) =>
  (index: number) => {
    const [start, y, left = 0] = lines.findLast(([first]) => first <= index)!;
    return { y, left: left + index - start, right: left + index - start + 1, height: 10 };
  };
const nowhere = () => undefined;

test("lines, without what is no text", () => {
  expect(pageLines("One\r\n  two \r\n\r\nthree\u0000\u0003\n", nowhere)).toEqual(["One", "two", "three"]);
  expect(pageLines("", nowhere)).toEqual([]);
  expect(pageLines(" \r\n\u0001", nowhere)).toEqual([]);
});

test("a divided word stands where it begins", () => {
  expect(pageLines("an exam\ufffeple of\r\nit", nowhere)).toEqual(["an example", "of", "it"]);
  expect(pageLines("a\ufffeb\ufffec d", nowhere)).toEqual(["abc", "d"]);
  expect(pageLines("end\ufffe", nowhere)).toEqual(["end"]);
  expect(pageLines("end\ufffe\r\nx y", nowhere)).toEqual(["end", "x y"]);
});

test("a greater distance than usual begins a paragraph, the next column does not", () => {
  const text = "A\r\nB\r\nC\r\nD\r\nE";
  expect(pageLines(text, at([0, 700], [3, 686], [6, 672], [9, 640], [12, 626]))).toEqual(["A", "B", "C", "", "D", "E"]);
  expect(pageLines(text, at([0, 700], [3, 686], [6, 672], [9, 700], [12, 686]))).toEqual(["A", "B", "C", "D", "E"]);
});

test("letters and words that stand side by side are a line, wherever PDFium ends one", () => {
  const text = "a\r\nb\r\nand\r\nnext";
  expect(pageLines(text, at([0, 700, 0], [3, 700, 1], [6, 700, 4], [11, 686, 0]))).toEqual(["ab and", "next"]);
  // Further to the left is another line, whatever its height.
  expect(pageLines("a\r\nb", at([0, 700, 50], [3, 700, 0]))).toEqual(["a", "b"]);
});

test("a divided word does not join its line to the next", () => {
  // "ple" and "of" stand in the second line.
  expect(pageLines("exam\ufffeple of", at([0, 700], [5, 686]))).toEqual(["example", "of"]);
});

test("each letter of a text is in a line, in its order", () => {
  const text = fc.array(fc.constantFrom("a", "é", "漢", "😀", " ", "\ufffe", "\r\n", "\n", "\u0002", "\ufffe x"));
  fc.assert(
    fc.property(text, fc.array(fc.integer({ max: 9, min: 0 })), (parts, heights) => {
      const letters = (own: string) => own.match(/\p{L}|\p{S}/gu)?.join("") ?? "";
      const lines = pageLines(parts.join(""), (index) => {
        const y = heights[index % (heights.length || 1)];
        return y === undefined ? undefined : { y, left: 3 * y, right: 4 * y, height: y };
      });
      expect(letters(lines.join("\n"))).toBe(letters(parts.join("")));
      for (const line of lines) expect(line).toBe(line.trim());
    }),
  );
});
