import { COMPOSING } from "./character-classes.js";

/** Bounded, because regular expressions fail on very long runs. */
const INERT = new RegExp(`[^${COMPOSING}]{1,1000}`, "gu");

/**
 * NFC in the Unicode version of the Rust library: all other characters stay as they are, and nothing moves across them.
 */
export function nfc(text: string): string {
  let result = "";
  let done = 0;
  for (const { 0: inert, index } of text.matchAll(INERT)) {
    result += composed(text.slice(done, index)) + inert;
    done = index + inert.length;
  }
  return result + composed(text.slice(done));
}

const composed = (text: string) => orderMarks(text).normalize("NFC");

const LONG_RUN = /\p{M}{64}/u;
const MARK = /\p{M}/u;

/**
 * Puts very long runs of combining marks into canonical order, which takes `String.normalize` quadratic time. Leaves
 * other texts unchanged, and the normal forms of all.
 */
export function orderMarks(text: string): string {
  if (!LONG_RUN.test(text)) return text;
  let result = "";
  let run: string[] = [];
  const flush = () => {
    result += ordered(run).join("");
    run = [];
  };
  for (const character of text) {
    for (const part of MARK.test(character) ? character.normalize("NFD") : [character]) {
      if (moves(part)) {
        run.push(part);
        continue;
      }
      flush();
      result += part;
    }
  }
  flush();
  return result;
}

/** True if canonical ordering can move the character. U+0334 has the lowest combining class, U+0345 the highest. */
function moves(character: string): boolean {
  return MARK.test(character) && (swaps(character, "\u0334") || swaps("\u0345", character));
}

function swaps(first: string, second: string): boolean {
  return (first + second).normalize("NFD") !== first + second;
}

/** Sorts marks by combining class, and keeps their order within a class. */
function ordered(marks: readonly string[]): readonly string[] {
  const distinct = [...new Set(marks)].sort((a, b) => (swaps(a, b) ? 1 : swaps(b, a) ? -1 : 0));
  const classes = new Map<string, number>();
  for (const [i, mark] of distinct.entries()) {
    const before = distinct[i - 1];
    const same = before === undefined || !swaps(mark, before);
    classes.set(mark, (before === undefined ? 0 : classes.get(before)!) + (same ? 0 : 1));
  }
  return [...marks].sort((a, b) => classes.get(a)! - classes.get(b)!);
}
