import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeen } from "./seen.js";

test("has the ids that were added, and no others", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 3000 }), fc.array(fc.string()), (added, others) => {
      const seen = createSeen();
      for (const id of added) seen.add(id);
      const all = new Set(added);
      for (const id of [...added, ...others]) expect(seen.has(id)).toBe(all.has(id));
    }),
  );
  const many = createSeen();
  for (let i = 0; i < 20_000; i++) many.add(`id ${i % 10_000}`);
  for (let i = 0; i < 20_000; i++) expect(many.has(`id ${i}`)).toBe(i < 10_000);
});
