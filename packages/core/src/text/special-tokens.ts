import { BgeError } from "../api/errors.js";
import type { Architecture, RerankerPrompt } from "../api/model.js";
import type { FrameSize } from "../protocol.js";
import type { Tokenizer } from "../tokenizer/library.js";

/** The special token ids around a single text and around a pair. */
export interface Frames {
  readonly single: { readonly before: readonly number[]; readonly behind: readonly number[] };
  readonly pair: {
    readonly before: readonly number[];
    readonly between: readonly number[];
    readonly behind: readonly number[];
    /** After everything else, and never truncated. */
    readonly tail: readonly number[];
  };
}

/** An encoder's special tokens: `[CLS] a [SEP] b [SEP]`, `<s> a </s></s> b </s>`. */
interface EncoderFrame {
  readonly start: string;
  readonly end: string;
  /** How many `end` tokens separate the texts of a pair. */
  readonly between: number;
  readonly pad: string;
  readonly unknown: string;
}

const ENCODERS: Readonly<Partial<Record<Architecture, EncoderFrame>>> = {
  bert: { start: "[CLS]", end: "[SEP]", between: 1, pad: "[PAD]", unknown: "[UNK]" },
  "xlm-roberta": { start: "<s>", end: "</s>", between: 2, pad: "<pad>", unknown: "<unk>" },
};

/** A tokenizer's special tokens: frames, padding, and the ids without lexical weight. */
export interface SpecialTokens {
  readonly frames: Frames;
  readonly padId: number;
  readonly weightless: ReadonlySet<number>;
}

/**
 * Returns the special tokens of an architecture. A decoder's frame is whatever its tokenizer's post-processor adds to a
 * text; its pair is that of FlagLLMReranker: `<bos> query separator document`, then separator and prompt beyond the
 * limit.
 */
export function specialTokens(
  tokenizer: Tokenizer,
  config: object,
  architecture: Architecture,
  prompt: RerankerPrompt | undefined,
): SpecialTokens {
  const encoder = ENCODERS[architecture];
  if (encoder !== undefined) return ofEncoder(tokenizer, encoder);
  const named = (name: string) => namedToken(tokenizer, config, name);
  const pad = named("pad_token") ?? named("eos_token") ?? 0;
  const bos = named("bos_token");
  const bare = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const separator = prompt === undefined ? [] : bare(prompt.separator);
  const frames: Frames = {
    single: ownFrame(tokenizer),
    pair: {
      before: bos === undefined || bos === pad ? [] : [bos],
      between: separator,
      behind: [],
      tail: prompt === undefined ? [] : [...separator, ...bare(prompt.text)],
    },
  };
  return { frames, padId: pad, weightless: new Set() };
}

export function sizeOf({ single, pair }: Frames): FrameSize {
  return {
    single: single.before.length + single.behind.length,
    pair: pair.before.length + pair.between.length + pair.behind.length,
    tail: pair.tail.length,
  };
}

/**
 * Returns how many tokens of a pair are left for its document: it is truncated to the limit alone, then together with
 * what precedes it (`only_second`).
 */
export function documentRoom(frame: FrameSize, queryTokens: number, maxTokens: number): number {
  return Math.max(0, Math.min(maxTokens, maxTokens + frame.tail - frame.pair - queryTokens));
}

function ofEncoder(tokenizer: Tokenizer, frame: EncoderFrame): SpecialTokens {
  const [start, end, pad] = [frame.start, frame.end, frame.pad].map((token) => idOf(tokenizer, token));
  const unknown = tokenizer.token_to_id(frame.unknown);
  const single = { before: [start!], behind: [end!] };
  checkFrame(tokenizer, [start!, end!]);
  const between = Array.from({ length: frame.between }, () => end!);
  const weightless = new Set([start!, end!, pad!, ...(unknown === undefined ? [] : [unknown])]);
  return { frames: { single, pair: { ...single, between, tail: [] } }, padId: pad!, weightless };
}

/** Derives what the post-processor adds around a text from a short one. */
function ownFrame(tokenizer: Tokenizer): Frames["single"] {
  const bare = tokenizer.encode("a", { add_special_tokens: false }).ids;
  const framed = tokenizer.encode("a", { add_special_tokens: true }).ids;
  const start = framed.findIndex((_, at) => bare.every((id, i) => framed[at + i] === id));
  if (start === -1)
    throw mismatch("The tokenizer's post-processor changes the tokens of a text, so its special tokens are unknown.");
  return { before: framed.slice(0, start), behind: framed.slice(start + bare.length) };
}

function idOf(tokenizer: Tokenizer, token: string): number {
  const id = tokenizer.token_to_id(token);
  if (id === undefined) {
    throw mismatch(`The tokenizer has no token ${token}: its files do not match the stated architecture.`);
  }
  return id;
}

/** Returns the id of a token named in `tokenizer_config.json`, as a string or as an object. */
function namedToken(tokenizer: Tokenizer, config: object, name: string): number | undefined {
  const value = (config as Record<string, unknown>)[name];
  const token = typeof value === "object" && value !== null ? (value as { content?: unknown }).content : value;
  return typeof token === "string" ? tokenizer.token_to_id(token) : undefined;
}

/** Checks that our frame is the one that the tokenizer's own post-processor adds to a text. */
function checkFrame(tokenizer: Tokenizer, frame: readonly number[]): void {
  const own = tokenizer.encode("", { add_special_tokens: true }).ids;
  if (own.join() === frame.join()) return;
  throw mismatch(
    `The tokenizer puts ids [${own.join(", ")}] around a text, but this architecture has [${frame.join(", ")}].`,
  );
}

function mismatch(message: string): BgeError {
  return new BgeError("MODEL_MISMATCH", message);
}
