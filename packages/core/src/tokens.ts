import type { Encoded, Encoding, FrameSize } from "./engine/messages.js";
import { sizeOf, specialTokens } from "./frames.js";
import type { Architecture, RerankerPrompt } from "./spec.js";
import { loadTokenizer } from "./tokenizer/load.js";

/** Text to token ids, as Hugging Face's Rust tokenizers, framed and cut as FlagEmbedding does. */
export interface Tokens {
  readonly padId: number;
  /** Special tokens, which carry no lexical weight. */
  readonly weightless: ReadonlySet<number>;
  readonly frame: FrameSize;
  encode(texts: readonly string[], encoding: Encoding): Encoded;
  /** Each id alone, as text. */
  decode(ids: Int32Array): string[];
}

interface EncodedText {
  readonly ids: readonly number[];
  readonly second: number;
  readonly total: number;
}

export function createTokens(
  tokenizerJson: object,
  tokenizerConfig: object,
  { architecture, prompt }: { readonly architecture: Architecture; readonly prompt?: RerankerPrompt },
): Tokens {
  const tokenizer = loadTokenizer(tokenizerJson, tokenizerConfig);
  const { frames, padId, weightless } = specialTokens(tokenizer, tokenizerConfig, architecture, prompt);
  const { single, pair } = frames;
  const frame = sizeOf(frames);
  const bareIds = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;

  function framed(bare: readonly number[], maxTokens: number): EncodedText {
    const kept = bare.slice(0, Math.max(0, maxTokens - frame.single));
    return { ids: [...single.before, ...kept, ...single.behind], second: 0, total: bare.length + frame.single };
  }

  function encodeOne(text: string, encoding: Encoding): EncodedText {
    const bare = bareIds(text);
    switch (encoding.form) {
      case "bare":
        return { ids: bare.slice(0, encoding.maxTokens), second: 0, total: bare.length };
      case "count":
        return { ids: [], second: 0, total: bare.length + frame.single };
      case "single":
        return framed(bare, encoding.maxTokens);
      case "pair": {
        const { query, maxTokens } = encoding;
        const head = [...pair.before, ...query, ...pair.between];
        const kept = bare.slice(0, documentRoom(frame, query.length, maxTokens));
        return {
          ids: [...head, ...kept, ...pair.behind, ...pair.tail],
          second: head.length,
          total: query.length + bare.length + frame.pair + frame.tail,
        };
      }
      case "few-shot": {
        const { prefix, suffix, maxTokens } = encoding;
        const kept = bare.slice(0, fewShotRoom(maxTokens, suffix));
        const cut = bare.length - kept.length;
        const around = bareIds(prefix).length + bareIds(suffix).length;
        const whole = bareIds(prefix + tokenizer.decode(kept) + suffix);
        const { ids, total } = framed(whole, 8 * Math.floor((around + maxTokens + 8) / 8) + 8);
        return { ids, second: 0, total: total + cut };
      }
    }
  }

  /** FlagICLModel leaves room for "<s>", and for the suffix with "</s>" behind it, as they are tokenized as texts. */
  function fewShotRoom(maxTokens: number, suffix: string): number {
    return Math.max(0, maxTokens - bareIds("<s>").length - bareIds(`${suffix}</s>`).length);
  }

  return {
    padId,
    weightless,
    frame,
    encode(texts, encoding) {
      const encoded = texts.map((text) => encodeOne(text, encoding));
      return {
        rows: {
          ids: Int32Array.from(encoded.flatMap(({ ids }) => ids)),
          lengths: Int32Array.from(encoded, ({ ids }) => ids.length),
          seconds: Int32Array.from(encoded, ({ second }) => second),
        },
        totals: Int32Array.from(encoded, ({ total }) => total),
      };
    },
    decode: (ids) => Array.from(ids, (id) => tokenizer.decode([id])),
  };
}

/** Tokens that a pair leaves for its document: cut to the limit alone, then together with what stands before it (`only_second`). */
export function documentRoom(frame: FrameSize, queryTokens: number, maxTokens: number): number {
  return Math.max(0, Math.min(maxTokens, maxTokens + frame.tail - frame.pair - queryTokens));
}
