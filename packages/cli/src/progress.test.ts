import { expect, test } from "vitest";
import { createProgress } from "./progress.js";

/** What a bar draws for 300 of 1,000, without what moves the cursor. */
function drawn(columns: number | undefined, label = "indexing files"): string {
  let seen = "";
  const screen = { isTTY: true, columns, write: (text: string) => (seen += text) };
  createProgress(label, undefined, screen as never).update(300, 1000);
  return seen.replace("\r", "").replace("\x1b[K", "");
}

test("a bar fits into its line, which can be wiped then", () => {
  const wide = `indexing files ${"█".repeat(9)}${"░".repeat(21)} 300 of 1,000`;
  expect([drawn(200), drawn(undefined), drawn(0)]).toEqual([wide, wide, wide]);
  expect(drawn(40)).toBe("indexing files ███░░░░░░░░ 300 of 1,000");
  expect(drawn(30)).toBe("indexing files 300 of 1,000");
  for (let columns = 2; columns < 100; columns++) {
    for (const label of ["x", "download", "someone/some-long-name-of-a-model"])
      expect(drawn(columns, label).length).toBeLessThan(columns);
  }
});

test("away from a terminal, nothing is drawn", () => {
  let seen = "";
  const progress = createProgress("x", undefined, { isTTY: false, write: (text: string) => (seen += text) });
  progress.update(1, 2);
  progress.finish();
  expect(seen).toBe("");
});
