import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore } from "./memory-store.js";

/** What one text of this many bytes takes. */
const sizeOf = (bytes: number) => bytes + 256;
const entry = (key: string, bytes = 100, value = 1) => ({ key, rows: new Uint8Array(bytes).fill(value) });

test("gives back what was put, in the order of the keys", async () => {
  const store = createMemoryStore(1e6);
  await store.put([entry("a", 3, 1), entry("b", 3, 2)]);
  await store.put([entry("a", 3, 3)]);
  expect(await store.get(["b", "c", "a", "b"])).toEqual([
    Uint8Array.of(2, 2, 2),
    undefined,
    Uint8Array.of(3, 3, 3),
    Uint8Array.of(2, 2, 2),
  ]);
});

test("forgets what was used longest ago, and what is larger than all it may keep", async () => {
  const store = createMemoryStore(3 * sizeOf(100));
  await store.put(["a", "b", "c"].map((key) => entry(key)));
  await store.get(["a"]);
  await store.put([entry("d")]);
  expect((await store.get(["a", "b", "c", "d"])).map((rows) => rows !== undefined)).toEqual([true, false, true, true]);
  await store.put([entry("huge", 1e4)]);
  expect(await store.get(["huge"])).toEqual([undefined]);
});

test("never keeps more bytes than it may", async () => {
  const puts = fc.array(fc.record({ key: fc.constantFrom(..."abcdefgh"), bytes: fc.nat(400) }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(puts, fc.integer({ min: 300, max: 3000 }), async (all, most) => {
      const store = createMemoryStore(most);
      for (const { key, bytes } of all) await store.put([entry(key, bytes)]);
      const kept = (await store.get([..."abcdefgh"])).filter((rows) => rows !== undefined);
      expect(kept.reduce((sum, rows) => sum + sizeOf(rows.length), 0)).toBeLessThanOrEqual(most);
    }),
  );
});
