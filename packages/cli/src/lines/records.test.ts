import { expect, test } from "vitest";
import { toRecord, withMore } from "./records.js";

const read = (text: string) => toRecord({ at: "line 1", text }, { text: false, field: "text" }, ["score"]);

const written = (text: string) => {
  const record = read(text);
  return "problem" in record ? record.problem : withMore(record, { score: 1 });
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

test("a line is refused if replacing its field would round another", () => {
  const problem = "line 1 has a number with more digits than JavaScript keeps: write it as a string";
  expect(written('{"text": "a", "score": 5, "id": 1234567890123456789}')).toBe(problem);
  // A field of this name further in is not replaced.
  expect(written('{"text": "a", "deep": {"score": 5}, "id": 1234567890123456789}')).toMatch(/"score":1}$/);
});

test.each([
  ["letters", "a".repeat(2 ** 24)],
  ["digits", "1".repeat(2 ** 24)],
  ["escapes", '\\"'.repeat(2 ** 23)],
])("the longest text that core takes: %s", (_, inside) => {
  const line = `{"id": 1234567890123456789, "text": "${inside}"}`;
  // Vitest would compare and print 16 million characters.
  expect(written(line) === `${line.slice(0, -1)},"score":1}`).toBe(true);
  expect(read(line.replace("1234567890123456789", "7"))).not.toHaveProperty("exact");
});
