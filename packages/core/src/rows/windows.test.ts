import fc from "fast-check";
import { expect, test } from "vitest";
import { joinWindows, splitWindows } from "./windows.js";

const window = fc.record({
  start: fc.nat(1e9),
  end: fc.nat(1e9),
  rows: fc.uint8Array({ maxLength: 40 }),
});
const read = fc.record({
  tokens: fc.nat(1e9),
  kept: fc.nat(1e9),
  windows: fc.array(window, { minLength: 1, maxLength: 6 }),
});

test("windows come back as they were, also from the middle of a buffer", () => {
  fc.assert(
    fc.property(read, fc.nat(9), (all, before) => {
      const bytes = joinWindows(all);
      const behind = new Uint8Array(before + bytes.length);
      behind.set(bytes, before);
      expect(splitWindows(behind.subarray(before))).toEqual(all);
    }),
  );
});

test("a changed byte before the rows, a missing or an additional one is found", () => {
  fc.assert(
    fc.property(read, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, change) => {
      const bytes = joinWindows(all);
      const header = 20 + 12 * all.windows.length;
      const place = at % header;
      // The fourth byte is not used.
      fc.pre(place !== 3);
      const damaged = bytes.slice();
      damaged[place]! ^= change;
      for (const one of [damaged, bytes.subarray(0, -1), Uint8Array.of(...bytes, 0), new Uint8Array(0)]) {
        expect(() => splitWindows(one)).toThrow(expect.objectContaining({ code: "STORE_CORRUPT" }));
      }
    }),
  );
  expect(() => splitWindows(joinWindows({ tokens: 0, kept: 0, windows: [] }))).toThrow(
    expect.objectContaining({ code: "STORE_CORRUPT" }),
  );
});
