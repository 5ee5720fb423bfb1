import fc from "fast-check";
import { expect, test } from "vitest";
import { orderMarks } from "./nfc.js";

const marks = fc.string({
  unit: fc.constantFrom(
    "\u0301",
    "\u0323",
    "\u0334",
    "\u0345",
    "\u0344",
    "\u05b0",
    "\u0f73",
    "\u3099",
    "\u093e",
    "\u20dd",
    "a",
    "é",
  ),
  maxLength: 40,
});

test("ordered marks have the normal forms of the text", () => {
  const run = "\u0323\u0301\u0334".repeat(30);
  fc.assert(
    fc.property(marks, marks, (before, behind) => {
      const text = before + run + behind;
      const result = orderMarks(text);
      expect(result.normalize("NFC")).toBe(text.normalize("NFC"));
      expect(result.normalize("NFD")).toBe(text.normalize("NFD"));
    }),
  );
});

test("long runs are ordered, other texts unchanged", () => {
  const result = orderMarks(`e${"\u0301\u0323".repeat(50)}`);
  expect(result).toBe(`e${"\u0323".repeat(50)}${"\u0301".repeat(50)}`);
  expect(orderMarks("e\u0301\u0323")).toBe("e\u0301\u0323");
});
