import { expect, test } from "vitest";
import { documentOf, rowsRefusal } from "./points.js";

const read = (rows: number, dimensions: number) => ({
  dense: new Float32Array(dimensions),
  rows: new Float32Array(rows * dimensions),
});

test.each([
  [1024, 1023],
  [384, 2730],
  [48, 21_845],
])("of rows of %i numbers, a point has %i at most", (dimensions, most) => {
  expect(rowsRefusal(read(most, dimensions), dimensions)).toBeUndefined();
  const error = rowsRefusal(read(most + 1, dimensions), dimensions);
  expect(error).toMatchObject({ code: "INPUT_TOO_LONG", parameter: "documents" });
  expect(error?.message).toMatch(
    `has ${most + 1} token rows, and Qdrant keeps at most ${most} of ${dimensions} numbers`,
  );
});

test("without token rows there is no limit", () => {
  expect(rowsRefusal({ dense: new Float32Array(384) }, undefined)).toBeUndefined();
});

test("a document's numbers come back as numbers, however large", () => {
  const payload = { id: "a", text: "b", bge_hash: "c", n: 2n ** 60n, deep: [{ n: 9007199254740994n }, null, 7] };
  expect(documentOf(payload)).toEqual({ id: "a", text: "b", n: 2 ** 60, deep: [{ n: 2 ** 53 + 2 }, null, 7] });
});
