import type { Model } from "./library.js";
import { mergeAll, readMerges, sides } from "./merges.js";
import type { BpeStep } from "./tokenizer-json.js";

const CACHED_STRETCHES = 10_000;
/** V8 copies slices up to this length. A longer one in the cache would keep its whole text in memory. */
const CACHED_LENGTH = 12;
const BYTE_TOKEN = /^<0x[0-9A-F]{2}>$/;
const encoder = new TextEncoder();

/** Byte-pair encoding as in Rust: characters without a token fall back to their bytes, then to the unknown token. */
export function bpe(step: BpeStep, vocabulary: ReadonlyMap<string, number>): Model {
  const merges = readMerges(vocabulary, step.merges);
  const joins = joinable(step, vocabulary);
  const unknown = step.unk_token == null ? undefined : vocabulary.get(step.unk_token);
  const bytes = Array.from({ length: 256 }, (_, byte) =>
    vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  );
  /** Marks a word's last character, in CLIP. */
  const suffix = step.end_of_word_suffix ?? "";
  const cache = new Map<string, readonly number[] | Int32Array>();

  /** Returns a word's symbols, where their characters end, and whether every character has its own symbol. */
  function symbolsOf(word: string): { symbols: Int32Array; ends: Int32Array; known: boolean } {
    const room = step.byte_fallback ? 3 * word.length : word.length;
    const symbols = new Int32Array(room);
    const ends = new Int32Array(room);
    let count = 0;
    let at = 0;
    let known = true;
    let pending = false;
    const add = (id: number) => {
      symbols[count] = id;
      ends[count++] = at;
    };
    for (const character of word) {
      at += character.length;
      const id = vocabulary.get(at === word.length ? character + suffix : character);
      if (id !== undefined) {
        if (pending) add(unknown!);
        pending = false;
        add(id);
        continue;
      }
      const own = step.byte_fallback ? Array.from(encoder.encode(character), (byte) => bytes[byte]) : [undefined];
      if (!own.includes(undefined)) {
        for (const each of own) add(each!);
        continue;
      }
      known = false;
      if (unknown === undefined) continue;
      if (pending && !step.fuse_unk) add(unknown);
      pending = true;
    }
    if (pending) add(unknown!);
    return { symbols: symbols.subarray(0, count), ends: ends.subarray(0, count), known };
  }

  return (words, ids) => {
    for (const word of words) {
      const whole = step.ignore_merges ? vocabulary.get(word) : undefined;
      if (whole !== undefined) {
        ids.push(whole);
        continue;
      }
      const { symbols, ends, known } = symbolsOf(word);
      // Work in stretches: the word can be split between two symbols that no merge ever joins.
      for (let from = 0, to = 1; from < symbols.length; from = to++) {
        while (to < symbols.length && joins(symbols[to - 1]!, symbols[to]!)) to++;
        if (to - from === 1) {
          ids.push(symbols[from]!);
          continue;
        }
        const start = from === 0 ? 0 : ends[from - 1]!;
        const short = known && ends[to - 1]! - start <= CACHED_LENGTH;
        const last = to === symbols.length ? suffix : "";
        const key = short ? word.slice(start, ends[to - 1]!) + last : undefined;
        const merged = (key !== undefined && cache.get(key)) || mergeAll(symbols.slice(from, to), merges);
        for (const id of merged) ids.push(id);
        if (key === undefined) continue;
        if (cache.size >= CACHED_STRETCHES) cache.clear();
        cache.set(key, merged);
      }
    }
  };
}

/**
 * Returns a test for whether any merge can join two neighbours: some merge's left side must end with the first, and its
 * right side begin with the second.
 */
function joinable(
  { merges, end_of_word_suffix: suffix }: BpeStep,
  vocabulary: ReadonlyMap<string, number>,
): (left: number, right: number) => boolean {
  const pairs = new Set<number>();
  const width = 2 ** 24;
  for (const [left, right] of merges.map(sides)) {
    // A side that is a byte token begins and ends with that token, not with its characters.
    if (BYTE_TOKEN.test(left) || BYTE_TOKEN.test(right)) return () => true;
    const last = vocabulary.get(
      String.fromCodePoint(
        left.codePointAt(left.length > 1 && /[\udc00-\udfff]$/.test(left) ? left.length - 2 : left.length - 1)!,
      ),
    );
    const start = String.fromCodePoint(right.codePointAt(0)!);
    const first = vocabulary.get(right === start + (suffix ?? "") ? right : start);
    if (last !== undefined && first !== undefined) pairs.add(last * width + first);
  }
  return (left, right) => pairs.has(left * width + right);
}
