import { describe, expect, it } from "vitest";
import { plot } from "./plot.mjs";

const svg = plot({
  title: "Texts & lengths",
  x: "tokens",
  lines: [
    {
      name: "a <b>",
      points: [
        [16, 800],
        [512, 20],
      ],
    },
    {
      name: "c",
      points: [
        [16, 400],
        [512, 10],
      ],
    },
  ],
});

describe("plot", () => {
  it("draws a line and its points for each contender, larger values higher", () => {
    const [a, c] = [...svg.matchAll(/<polyline points="([^"]+)"/g)].map(([, points]) =>
      points.split(" ").map((point) => point.split(",").map(Number)),
    );
    expect(a).toHaveLength(2);
    expect(a[0][0]).toBeLessThan(a[1][0]);
    expect(a[0][1]).toBeLessThan(a[1][1]);
    expect(a[0][1]).toBeLessThan(c[0][1]);
    expect(svg.match(/<circle/g)).toHaveLength(4);
  });

  it("keeps everything inside the picture, and the text apart from the markup", () => {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg).map(Number);
    for (const [, x, y] of svg.matchAll(/cx="(\d+)" cy="(\d+)"/g)) {
      expect(Number(x)).toBeLessThan(width);
      expect(Number(y)).toBeLessThan(height);
    }
    expect(svg).toContain("Texts &amp; lengths");
    expect(svg).toContain("a &lt;b>");
    expect(svg).not.toContain("NaN");
  });
});
