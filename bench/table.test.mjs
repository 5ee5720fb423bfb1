import { describe, expect, it } from "vitest";
import { reaches, summaryTable } from "./summary.mjs";
import { figure, middle, replaceBetween, shownSpread, table, times } from "./table.mjs";

describe("tables", () => {
  it("aligns columns, figures on the right", () => {
    expect(
      table(
        ["what", "x"],
        [
          ["a", 1.5],
          ["longer name", "12,000"],
        ],
      ),
    ).toBe(
      [
        "| what        |      x |",
        "| ----------- | -----: |",
        "| a           |    1.5 |",
        "| longer name | 12,000 |",
      ].join("\n"),
    );
  });

  it.each([
    [0, "0.00"],
    [1.104, "1.10"],
    [10.04, "10.0"],
    [99.96, "100.0"],
    [206.4, "206"],
    [12_755.2, "12,755"],
    [1_234_567, "1,234,567"],
    [-3.21, "-3.21"],
  ])("shows %f as %s", (value, shown) => {
    expect(figure(value)).toBe(shown);
  });

  it("shows the median of the ratios and their range, and a dash for nothing", () => {
    expect(times([2, 4, 6], [1, 1, 1])).toBe("4.00 [2.00, 6.00]");
    expect(times([2, 2], [1, 1])).toBe("2.00");
    expect(times([], [])).toBe("-");
    expect(shownSpread(undefined)).toBe("-");
    expect(middle([1, Number.NaN, 3])).toBe("2.00");
    expect(middle([Number.NaN])).toBe("-");
  });
});

describe("writing into a README", () => {
  const text = "a\n<!-- bench:bulk -->\n\nold\n\n<!-- /bench:bulk -->\nz <!-- bench:memory --><!-- /bench:memory -->\n";

  it("replaces what stands between the marks and nothing else, again and again", () => {
    const once = replaceBetween(text, "bulk", "new");
    expect(once).toBe(text.replace("old", "new"));
    expect(replaceBetween(once, "bulk", "new")).toBe(once);
    expect(replaceBetween(text, "memory", "$1 $& is kept as it is")).toContain("$1 $& is kept as it is");
  });

  it("refuses a README without the marks", () => {
    expect(() => replaceBetween(text, "latency", "new")).toThrow("<!-- bench:latency -->");
  });
});

describe("the summary", () => {
  const lines = [
    ["faster", { median: 1.6, low: 1.4, high: 1.7 }, ">= 1.5"],
    ["slower", { median: 1.2, low: 1.2, high: 1.2 }, "<= 1.1"],
    ["no aim", { median: 3, low: 3, high: 3 }],
  ];

  it("says which aims are reached, by the median", () => {
    const rows = summaryTable(lines, { aims: true }).split("\n").slice(2);
    expect(
      rows.map((row) =>
        row
          .split("|")
          .map((cell) => cell.trim())
          .slice(1, 5),
      ),
    ).toEqual([
      ["faster", "1.60 [1.40, 1.70]", ">= 1.5", "yes"],
      ["slower", "1.20", "<= 1.1", "no"],
      ["no aim", "3.00", "", ""],
    ]);
    expect(summaryTable(lines, { aims: false })).not.toContain("1.5");
  });

  it("knows two relations, and its edge belongs to the aim", () => {
    expect(reaches(1.5, ">= 1.5")).toBe(true);
    expect(reaches(1.1, "<= 1.1")).toBe(true);
    expect(() => reaches(1, "about 1")).toThrow("about 1");
  });
});
