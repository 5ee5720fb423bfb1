import { characterClasses, IS_NUMBER, IS_SPACE } from "./class-table.js";

/** CLIP's split pattern, as transformers' converter writes it. What it does not match is removed. */
export const CLIP_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;

const CONTRACTION = /'(?:[stmd]|re|ve|ll)/y;
const [APOSTROPHE, BLANK] = [0x27, 0x20] as const;

/** Yields the words of CLIP's pattern as Oniguruma finds them, with the Rust library's character categories. */
export function* clipWords(text: string): Generator<string, void, undefined> {
  const { classAt, runEnd } = reader(text);
  for (let at = 0; at < text.length; ) {
    const kind = classAt(at);
    const end = contractionEnd(text, at) ?? (kind === IS_NUMBER ? at + sizeAt(text, at) : runEnd(at));
    if (kind !== IS_SPACE) yield text.slice(at, end);
    at = end;
  }
}

/** Yields the words of GPT-2's pattern, the one that ByteLevel has built in. A word may begin with one blank. */
export function* gpt2Words(text: string): Generator<string, void, undefined> {
  const { classAt, runEnd } = reader(text);
  const wordEnd = (at: number) => {
    const contraction = contractionEnd(text, at);
    if (contraction !== undefined) return contraction;
    const begin = text.charCodeAt(at) === BLANK && at + 1 < text.length && classAt(at + 1) !== IS_SPACE ? at + 1 : at;
    const end = runEnd(begin);
    // The last blank before a word belongs to that, or stands alone.
    return classAt(begin) === IS_SPACE && end < text.length && end - begin > 1 ? end - 1 : end;
  };
  for (let at = 0; at < text.length; ) {
    const end = wordEnd(at);
    yield text.slice(at, end);
    at = end;
  }
}

/** Reads a text's character classes. */
function reader(text: string) {
  const classes = characterClasses();
  const classAt = (at: number) => classes[text.codePointAt(at)!]!;
  const runEnd = (at: number) => {
    const kind = classAt(at);
    let end = at;
    while (end < text.length && classAt(end) === kind) end += sizeAt(text, end);
    return end;
  };
  return { classAt, runEnd };
}

function sizeAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

function contractionEnd(text: string, at: number): number | undefined {
  if (text.charCodeAt(at) !== APOSTROPHE) return undefined;
  CONTRACTION.lastIndex = at;
  return CONTRACTION.test(text) ? CONTRACTION.lastIndex : undefined;
}
