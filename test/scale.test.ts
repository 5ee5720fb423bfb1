import { readFileSync } from "node:fs";
import { compressRows } from "@bge-js/core/adapter";
import { describe, expect, test } from "vitest";
// @ts-expect-error the tools are plain JavaScript
import { rowBytes } from "../tools/scale/costs.mjs";
// @ts-expect-error the same
import { planScale, USUAL } from "../tools/scale/plan.mjs";

/** Within a tenth of what was measured: docs/search.md and docs/reliability.md. */
function expectNear(value: number, measured: number, share = 0.1): void {
  expect(Math.abs(value / measured - 1), `${value} for ${measured}`).toBeLessThan(share);
}

describe("against what was measured", () => {
  test("token rows have the size that they really have", () => {
    for (const tokens of [1, 2, 31, 100, 180, 300]) {
      const rows = Float32Array.from({ length: tokens * 384 }, (_, i) => Math.sin(i * i));
      const compressed = compressRows({ rows, ids: Int32Array.from({ length: tokens }, (_, i) => i) }, 384);
      expect(compressed.length, `${tokens} tokens`).toBe(rowBytes(tokens, 384));
    }
  });

  test("an index of 393,216 documents of 80 words", () => {
    const { directory } = planScale({ documents: 393_216, tokens: 100 });
    expectNear(directory.diskBytes, 2.92e9);
    expectNear(directory.memoryBytes, 220e6);
    // 42 ms for words and vectors, 3.4 for reading candidates, and then the model and late interaction.
    expectNear(planScale({ documents: 393_216, tokens: 100, pairs: 0 }).directory.questionMs, 11 + 31 + 3.4 + 10 + 5);
  });

  test("one of a million", () => {
    const { directory } = planScale({ documents: 1e6, tokens: 100, pairs: 0 });
    expectNear(directory.diskBytes, 7.34e9);
    expectNear(directory.memoryBytes, 502e6, 0.12);
    // Of processor time.
    expectNear(directory.questionMs, 120);
  });

  test("one of 100,000", () => {
    expectNear(planScale({ documents: 100_000, tokens: 100 }).directory.memoryBytes, 67e6, 0.25);
  });

  test("rows in Qdrant: 70 kB for 180 tokens", () => {
    const bytes = (lateInteraction: boolean): number => planScale({ documents: 1, lateInteraction }).qdrant.diskBytes;
    expectNear(bytes(true) - bytes(false), 70e3, 0.02);
  });
});

describe("a plan", () => {
  test("grows in proportion to the documents, and its questions in the directory alone", () => {
    const [one, ten] = [planScale({ documents: 1e7 }), planScale({ documents: 1e8 })];
    for (const place of ["directory", "qdrant"]) {
      for (const what of ["diskBytes", "memoryBytes"]) expect(ten[place][what] / one[place][what]).toBeCloseTo(10, 9);
    }
    expect(ten.qdrant.questionMs).toBe(one.qdrant.questionMs);
    expect(ten.directory.questionMs).toBeGreaterThan(5 * one.directory.questionMs);
    expect(ten.indexing.threadHours / one.indexing.threadHours).toBeCloseTo(10, 9);
  });

  test("says when one directory is too much, and how many shards hold it all", () => {
    expect(planScale().directory.fits).toBe(true);
    const { directory, qdrant, given } = planScale({ documents: 1e9 });
    expect(directory.fits).toBe(false);
    expect(qdrant.memoryBytes / qdrant.shards).toBeLessThanOrEqual(given.fill * given.memoryPerNode);
    expect(qdrant.diskBytes / qdrant.shards).toBeLessThanOrEqual(given.fill * given.diskPerNode);
    expect(qdrant.nodes).toBe(given.copies * qdrant.shards);
  });

  test("takes less without token rows, without a cross-encoder, and with smaller vectors", () => {
    const usual = planScale();
    const bare = planScale({ lateInteraction: false, pairs: 0, quantization: "binary" });
    expect(bare.directory.diskBytes).toBeLessThan(usual.directory.diskBytes / 3);
    expect(bare.qdrant.diskBytes).toBeLessThan(usual.qdrant.diskBytes / 10);
    expect(bare.qdrant.memoryBytes).toBeLessThan(usual.qdrant.memoryBytes);
    expect(bare.qdrant.questionMs).toBeLessThan(usual.qdrant.questionMs / 10);
  });

  test.each([
    { documents: 0 },
    { documents: Number.NaN },
    { tokens: -1 },
    { quantization: "int4" },
    { lateInteraction: "yes" },
    { fill: 1.5 },
    { pairs: 0.5 },
    { onDisk: 1 },
    { questionsPerSecond: Number.POSITIVE_INFINITY },
    { shards: 3 },
  ])("refuses %o", (asked) => {
    expect(() => planScale(asked)).toThrow(RangeError);
  });

  test("has every assumption in its page", () => {
    const page = readFileSync(new URL("../docs/scale.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `--([a-z-]+)` +\| ([^|]*?) +\|/gm)].map(([, name, usual]) => [name!, usual!]);
    const expected = Object.entries(USUAL).map(([name, value]) => {
      const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      if (name === "documents") return [kebab, "the three sizes"];
      return typeof value === "boolean" ? [`no-${kebab}`, ""] : [kebab, value];
    });
    const read = rows.map(([name, usual]) => [name, usual === "" ? "" : Number(usual) || usual!.replaceAll("`", "")]);
    expect(Object.fromEntries(read)).toEqual(Object.fromEntries(expected));
  });

  test("leaves what it assumes as it was", () => {
    const before = { ...USUAL };
    planScale({ documents: 5 });
    expect(USUAL).toEqual(before);
  });
});
