const IGNORED = /\p{Default_Ignorable_Code_Point}/u;
/** A soft hyphen shows only at a line's end; it is removed together with the break. */
const SOFT_BREAK = /\u00AD\s*?[\r\n\f\u2028\u2029]\s*/g;

/** Scripts whose marks are part of the spelling keep them: か is not が, and Thai tones distinguish words. */
const SPELLED = "\\p{scx=Hiragana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const POINTED = "\\p{Script=Inherited}\\p{Script=Arabic}\\p{Script=Hebrew}\\p{Script=Syriac}\\p{Script=Cyrillic}";
/**
 * Accents, points, and Arabic and Hebrew vowels; not Indic vowels, which are not diacritics. Also tatweel, which
 * stretches a word.
 */
const DROPPED = new RegExp(
  `[[[\\p{M}&&[\\p{Diacritic}${POINTED}]][[\\p{Lm}&&\\p{Diacritic}]--\\p{Script=Common}]` +
    `[\\p{Lm}&&\\p{Extender}&&\\p{scx=Arabic}]]--[${SPELLED}]]`,
  "v",
);
/** Apostrophes that Unicode classifies as letters, as in Hawaiʻi or п’ять. */
const APOSTROPHE = new RegExp(`[[\\p{Lm}&&\\p{Diacritic}&&\\p{Script=Common}]--[${SPELLED}]]`, "v");

/** Letters that are used interchangeably. Unicode keeps them apart; Lucene joins them. */
const ARABIC: Readonly<Record<string, string>> = { ک: "ك", ی: "ي", ى: "ي", ة: "ه" };

const SMALL = /[\p{M}\p{Default_Ignorable_Code_Point}]*\p{Ll}/uy;

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];
const BASES = [...LETTERS, ...LETTERS.flatMap((first) => LETTERS.map((second) => first + second))];
/** Made with the first letter that needs it: its rules take 6 ms to load. */
let collator: Intl.Collator | undefined;

/** What code points fold to, and which single UTF-16 units stay as they are, as most of any text does. */
const known = new Map<number, string>();
const same = new Uint8Array(0x10000).fill(1, 0, 0x80);

/**
 * Removes spelling variation other than case. Applies NFKC; drops default-ignorable code points (soft hyphens,
 * zero-width characters, bidirectional marks), accents, Arabic and Hebrew vowels, and tatweel; converts the digits of
 * all scripts to ASCII, and Latin letters with strokes and ligatures to the letters they collate as (ø, đ, æ). Like
 * Lucene's `ICUFoldingFilter`, except that it keeps the marks of kana, and of Thai and related scripts.
 */
export function fold(text: string): string {
  if (isAscii(text)) return text;
  const joined = text.includes("\u00AD") ? text.replace(SOFT_BREAK, "") : text;
  let result = "";
  let copied = 0;
  for (let at = 0; at < joined.length; ) {
    if (same[joined.charCodeAt(at)] === 1) {
      at++;
      continue;
    }
    const code = joined.codePointAt(at)!;
    const folded = known.get(code) ?? foldCharacter(code);
    result += joined.slice(copied, at);
    at += code > 0xffff ? 2 : 1;
    copied = at;
    result += folded.length > 1 && isBeforeSmall(joined, at) ? titled(folded) : folded;
  }
  return (result + joined.slice(copied)).normalize("NFC");
}

/** Applies full case folding to the output of `fold`. */
export function foldCase(word: string): string {
  const lower = word.toLowerCase();
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}

export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII has them
  return !/[^\u0000-\u007F]/.test(text);
}

/** True before a small letter: Æsir is Aesir, but ÆSIR is AESIR, so that no capital looks like the start of a word. */
function isBeforeSmall(text: string, at: number): boolean {
  SMALL.lastIndex = at;
  return SMALL.test(text);
}

function titled(letters: string): string {
  return letters.charAt(0) + letters.slice(1).toLowerCase();
}

function foldCharacter(code: number): string {
  const character = String.fromCodePoint(code);
  let result = Array.from(character.normalize("NFKD"), foldPart).join("");
  // ™, ㎏ and ½ do not belong to the word before them, unlike ² in m².
  if (/[\p{So}\p{No}]/u.test(character) && !/^[0-9]*$/.test(result) && result !== character) result = ` ${result} `;
  // Recompose Hangul syllables and kana.
  result = result.normalize("NFC");
  known.set(code, result);
  if (result === character && character.length === 1) same[code] = 1;
  return result;
}

/** Folds a code point that does not decompose. */
function foldPart(part: string): string {
  if (IGNORED.test(part)) return "";
  // A subscript iota becomes a letter of its own in capitals, and so in case folding.
  if (part === "\u0345") return "ι";
  if (DROPPED.test(part)) return "";
  if (APOSTROPHE.test(part)) return "'";
  if (/\p{Nd}/u.test(part)) return digit(part);
  return ARABIC[part] ?? base(part) ?? irregular(part);
}

/** Returns the ASCII digit. Unicode has digits in blocks of ten, from zero. */
function digit(part: string): string {
  const code = part.codePointAt(0)!;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
}

/** Returns the ASCII letters that a Latin letter collates as. */
function base(part: string): string | undefined {
  if (!/\p{Script=Latin}/u.test(part)) return undefined;
  collator ??= new Intl.Collator("und", { sensitivity: "base" });
  const { compare } = collator;
  const letters = BASES.find((candidate) => compare(candidate, part) === 0);
  return letters !== undefined && /\p{Lu}/u.test(part) ? letters.toUpperCase() : letters;
}

/** Replaces a letter whose lower case differs from its case folding (ß and ẞ: ss) with the latter. */
function irregular(part: string): string {
  const lower = part.toLowerCase();
  const folding = lower.toUpperCase().toLowerCase();
  if (part === "ς" || folding === lower) return part;
  return part === lower ? folding : folding.toUpperCase();
}
