/** A text that is hard to read: its name, and itself. */
export type Nasty = readonly [name: string, text: string];

/** Short enough for every model and every call. */
export const NASTY: readonly Nasty[] = [
  ["empty", ""],
  ["spaces", " \t\n\u00a0\u2003\u3000 "],
  ["NUL", "\0a\0\0b\0"],
  ["controls", Array.from({ length: 160 }, (_, code) => String.fromCharCode(code)).join("")],
  ["right to left and overrides", "\u202eabc\u202c \u2067שלום\u2069 \u200f\u061c\ufeff"],
  ["special tokens", "[CLS] [SEP] [PAD] [MASK] [UNK] <s> </s> <pad> <unk> <mask> <bos> <eos> <|endoftext|> <|im_end|>"],
  ["special tokens, glued", "[SEP][SEP]</s></s><s>[CLS</s>]<bos>x<eos><|im_start|>"],
  ["our own prompts", "<instruct>{instruction}\n<query>{text} $& $1 $$ {query} {response}"],
  ["prototype names", "__proto__ constructor toString hasOwnProperty valueOf"],
  ["byte tokens", "<0x00><0xFF><0x0A> ▁▁ ## ##a Ġ Ċ"],
  ["unassigned", "\u0378\u0379 \u{2fe0}\u{1fffe} \u{ffffe}"],
  ["private use", "\ue000\uf8ff \u{f0000}\u{10fffd}"],
  ["noncharacters", "\ufffe\uffff\ufdd0\u{10ffff}\ufffd"],
  ["emoji joined", "👩‍👩‍👧‍👦🏳️‍🌈👍🏿🇩🇪🇩"],
  ["marks without a base", "\u0301\u0327\u{1d165}\u20dd"],
  ["what normalising makes longer", "ﷺ㎯ﬃ½Ⅷ①ǆ\u1e9e İıſ ΑΣ"],
  ["conjoining Hangul", "\u1112\u1161\u11ab\u1100\u1100\u1161\u11a8\u11a8"],
  ["line ends", "a\rb\r\nc\u2028d\u2029e\u0085f"],
  ["100,000 combining marks", `e${"\u0301\u0327".repeat(50_000)}`],
  ["100,000 spaces", `a${" ".repeat(100_000)}b`],
  ["100,000 special tokens", "[SEP]</s>".repeat(50_000)],
];

const MEGABYTE = 2 ** 20;
const word = (name: string, character: string, bytes = MEGABYTE): Nasty => [
  `long word: ${name}`,
  character.repeat(bytes / Buffer.byteLength(character)),
];

/** Unbroken words, a megabyte of UTF-8 or a part of one. */
export const WORDS: readonly Nasty[] = [
  word("Latin", "a"),
  word("Han", "熊"),
  word("emoji", "🐼"),
  word("unassigned", "\u0378", MEGABYTE / 4),
  word("private use", "\ue000", MEGABYTE / 4),
];
