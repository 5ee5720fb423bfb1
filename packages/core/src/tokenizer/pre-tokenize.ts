import { bertWords, words } from "./bert.js";
import { toByteCharacters } from "./byte-level.js";
import { librarySplit, type SplitWords } from "./library.js";
import { QWEN_PATTERN, qwenWords } from "./qwen-words.js";
import type { PreTokenizerStep } from "./tokenizer-json.js";

/** A step of splitting into words: ours where the library differs from Rust, the library's otherwise. */
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
      if (step.use_regex !== false || step.add_prefix_space) return librarySplit(step);
      return (text) => [toByteCharacters(text)];
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
