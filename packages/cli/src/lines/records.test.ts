import { expect, test } from "vitest";
import { toRecord, withMore } from "./records.js";

const written = (text: string, more: Record<string, unknown> = { score: 1 }) => {
  const record = toRecord({ at: "line 1", text }, { text: false, field: "text" });
  if ("problem" in record) throw new Error(record.problem);
  return withMore(record, more);
};

test("a line's fields come back, and numbers as they were written", () => {
  expect(written('{"text": "a", "n": 1.50}')).toBe('{"text":"a","n":1.5,"score":1}');
  expect(written('"a"')).toBe('{"text":"a","score":1}');
  expect(written('{"text": "a", "id": 1234567890123456789 } ')).toBe(
    '{"text": "a", "id": 1234567890123456789,"score":1}',
  );
  expect(written('{"text": "a", "deep": [{"id": -9007199254740993}]}')).toContain("[-9007199254740993]".slice(1, -1));
  expect(written('{"text": "a", "id": 9007199254740991}')).toBe('{"text":"a","id":9007199254740991,"score":1}');
  // Digits in strings and fractions are no such numbers.
  expect(written('{"text": "a \\" 12345678901234567890"}')).toBe('{"text":"a \\" 12345678901234567890","score":1}');
  expect(written('{"text": "a", "x": 0.1234567890123456}')).toBe('{"text":"a","x":0.1234567890123456,"score":1}');
});

test("a field of the result replaces the line's", () => {
  expect(written('{"text": "a", "score": 5, "id": 7}')).toBe('{"text":"a","score":1,"id":7}');
});
