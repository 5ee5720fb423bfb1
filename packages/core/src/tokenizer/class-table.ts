import { LETTER, NUMBER, SPACE } from "./character-classes.js";

export const OTHER = 0;
export const IS_LETTER = 1;
export const IS_NUMBER = 2;
export const IS_SPACE = 3;

let table: Uint8Array | undefined;

/** Returns the class of every code point. */
export function characterClasses(): Uint8Array {
  if (table !== undefined) return table;
  const classes = new Uint8Array(0x110000).fill(OTHER);
  for (const [ranges, kind] of [
    [LETTER, IS_LETTER],
    [NUMBER, IS_NUMBER],
    [SPACE, IS_SPACE],
  ] as const) {
    for (const [, first, last = first] of ranges.matchAll(/\\u\{?([\da-f]+)\}?(?:-\\u\{?([\da-f]+))?/g)) {
      classes.fill(kind, Number.parseInt(first!, 16), Number.parseInt(last!, 16) + 1);
    }
  }
  table = classes;
  return classes;
}
