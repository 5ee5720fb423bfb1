import { expect, test } from "vitest";
import { pageAt, pageList } from "./pages.js";

test("pages are listed as one says them", () => {
  expect(pageList([3])).toBe("page 3");
  expect(pageList([1, 2])).toBe("pages 1 to 2");
  expect(pageList([2, 5, 6, 7])).toBe("pages 2 and 5 to 7");
  expect(pageList([1, 3, 5])).toBe("pages 1, 3 and 5");
});

test("a line is on the page that begins before it, not on one without lines", () => {
  // Pages of 2, 0, 3 and 0 lines.
  const pages = [1, 3, 3, 6, 6];
  expect([1, 2, 3, 4, 5].map((line) => pageAt(line, pages))).toEqual([1, 1, 3, 3, 3]);
});
