import { bertWords, words } from "./bert.js";
import { toByteCharacters } from "./byte-level.js";
import { characterClasses, IS_LETTER, IS_NUMBER, IS_SPACE, OTHER } from "./class-table.js";
import { CLIP_PATTERN, clipWords, gpt2Words } from "./gpt-words.js";
import { librarySplit, type SplitWords } from "./library.js";
import type { PreTokenizerStep } from "./tokenizer-json.js";

/** Creates a step that splits into words: ours if the library differs from Rust, otherwise the library's. */
export function preTokenizer(step: PreTokenizerStep | null | undefined): SplitWords {
  if (step == null) return (text) => [text];
  switch (step.type) {
    case "BertPreTokenizer":
      return bertWords;
    case "WhitespaceSplit":
      return words;
    case "Metaspace":
      return metaspace(step);
    case "ByteLevel":
      if (step.add_prefix_space) return librarySplit(step);
      if (step.use_regex === false) return (text) => [toByteCharacters(text)];
      return (text) => Array.from(gpt2Words(text), toByteCharacters);
    case "Split":
      return split(step);
    case "Sequence": {
      const steps = step.pretokenizers!.map(preTokenizer);
      return (text, first) => steps.reduce<Iterable<string>>((parts, each) => eachPart(parts, each, first), [text]);
    }
    default:
      return librarySplit(step);
  }
}

function* eachPart(parts: Iterable<string>, split: SplitWords, first: boolean): Generator<string, void, undefined> {
  let begins = first;
  for (const part of parts) {
    yield* split(part, begins);
    begins = false;
  }
}

function metaspace(step: PreTokenizerStep): SplitWords {
  const { replacement = "▁", prepend_scheme: scheme = "always", split: splits = true } = step;
  return (text, first) => {
    const marked = text.replaceAll(" ", replacement);
    const prepend = scheme === "always" || (scheme === "first" && first);
    const whole = prepend && marked !== "" && !marked.startsWith(replacement) ? replacement + marked : marked;
    return splits ? splitBefore(whole, replacement) : [whole];
  };
}

function* splitBefore(text: string, mark: string): Generator<string, void, undefined> {
  for (let start = 0; start < text.length; ) {
    const next = text.indexOf(mark, start + 1);
    const end = next === -1 ? text.length : next;
    yield text.slice(start, end);
    start = end;
  }
}

function split(step: PreTokenizerStep): SplitWords {
  const { pattern, behavior, invert = false } = step;
  if (pattern?.Regex === QWEN_PATTERN && behavior === "Isolated" && !invert) return qwenWords;
  if (pattern?.Regex === CLIP_PATTERN && behavior === "Removed" && invert) return clipWords;
  const literal = pattern?.String;
  if (literal !== undefined && literal !== "" && behavior === "MergedWithPrevious" && !invert) {
    return (text) => {
      const parts = text.split(literal);
      const last = parts.pop()!;
      return [...parts.map((part) => part + literal), ...(last === "" ? [] : [last])];
    };
  }
  return librarySplit(step);
}

/** The split pattern of Qwen2 and Qwen3. */
export const QWEN_PATTERN = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** The only character beyond ASCII that Oniguruma case-folds here is the long s. */
const CONTRACTION = /'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL]{2})/y;
const [LINE_FEED, CARRIAGE_RETURN, BLANK, APOSTROPHE] = [0x0a, 0x0d, 0x20, 0x27] as const;

/**
 * Yields the words of Qwen's pattern as Oniguruma finds them, with the Rust library's character categories. Written by
 * hand because JavaScript's regular expressions have other categories and fail on runs of some million characters.
 */
export function* qwenWords(text: string): Generator<string, void, undefined> {
  const classes = characterClasses();
  const classAt = (at: number) => classes[text.codePointAt(at)!]!;
  const sizeAt = (at: number) => (text.codePointAt(at)! > 0xffff ? 2 : 1);
  const behind = (at: number, kind: number) => {
    let end = at;
    while (end < text.length && classAt(end) === kind) end += sizeAt(end);
    return end;
  };
  const lineEnds = (at: number) => {
    let end = at;
    while (isLineEnd(text.charCodeAt(end))) end++;
    return end;
  };
  const wordEnd = (at: number): number => {
    const code = text.charCodeAt(at);
    if (code === APOSTROPHE) {
      CONTRACTION.lastIndex = at;
      if (CONTRACTION.test(text)) return CONTRACTION.lastIndex;
    }
    const kind = classAt(at);
    if (kind === IS_LETTER) return behind(at, IS_LETTER);
    const next = at + sizeAt(at);
    if (kind === IS_NUMBER) return next;
    const nextKind = next < text.length ? classAt(next) : undefined;
    if (nextKind === IS_LETTER && !isLineEnd(code)) return behind(next, IS_LETTER);
    if (kind === OTHER) return lineEnds(behind(at, OTHER));
    if (code === BLANK && nextKind === OTHER) return lineEnds(behind(next, OTHER));
    return spacesEnd(at, behind(at, IS_SPACE));
  };
  /**
   * Returns the end of white space: after the last line end, if any; otherwise all but the last character if a word
   * follows.
   */
  const spacesEnd = (at: number, end: number): number => {
    for (let last = end; last > at; last--) if (isLineEnd(text.charCodeAt(last - 1))) return last;
    return end === text.length || end - at === 1 ? end : end - 1;
  };
  for (let at = 0; at < text.length; ) {
    const end = wordEnd(at);
    yield text.slice(at, end);
    at = end;
  }
}

function isLineEnd(code: number): boolean {
  return code === LINE_FEED || code === CARRIAGE_RETURN;
}
