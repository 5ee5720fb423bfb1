import fc from "fast-check";

const WORDS =
  "retrieval augmented generation stream buffer promise the of and a vector search index token model panda café ΟΔΟΣ 北京 你好 мир नमस्ते 😀 👩‍🚀 x=1; const await 3.14 -- [MASK] Straße ligne";

/** Texts of the lengths that a corpus has: many short ones, a few long ones. */
export const text = fc
  .tuple(fc.oneof({ weight: 6, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.nat(120) }), fc.nat())
  .map(([length, seed]) => words(length, seed));

/** `length` words drawn by `seed`. */
export function words(length: number, seed: number): string {
  const all = WORDS.split(" ");
  let state = seed % 2147483647;
  return Array.from({ length }, () => {
    state = (state * 48271 + 1) % 2147483647;
    return all[state % all.length];
  }).join(" ");
}

/** `count` different texts, the same at every call. */
export function texts(count: number): string[] {
  return fc.sample(text, { numRuns: count, seed: 20261122 });
}

/** The same items in another order: `order[i]` is the place in `items` of the i-th of the result. */
export function shuffled<T>(items: readonly T[], seed: number): { readonly order: number[]; readonly items: T[] } {
  const keys = items.map((_, i) => (Math.imul(i + 1, 2654435761) ^ Math.imul(seed, 40503)) >>> 0);
  const order = items.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]! || a - b);
  return { order, items: order.map((i) => items[i]!) };
}
