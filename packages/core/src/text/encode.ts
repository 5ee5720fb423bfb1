import { BgeError } from "../api/errors.js";
import type { Architecture, RerankerPrompt } from "../api/model.js";
import type { Encoded, Encoding, FrameSize, TokenRows, Windows, Work } from "../protocol.js";
import { configured } from "../tokenizer/configured.js";
import { loadTokenizer } from "../tokenizer/load.js";
import { divide } from "./divide.js";
import { type LocatedTokens, locate } from "./located.js";
import { documentRoom, sizeOf, specialTokens } from "./special-tokens.js";

/**
 * Converts text to token ids as Hugging Face's Rust tokenizers do, with special tokens and truncation as in
 * FlagEmbedding.
 */
export interface Tokens {
  readonly padId: number;
  /** Ids of special tokens, which have no lexical weight. */
  readonly weightless: ReadonlySet<number>;
  readonly frame: FrameSize;
  encode(texts: readonly string[], encoding: Encoding): Encoded;
  /** Divides a text into windows: see `divide`. */
  divide(work: Extract<Work, { type: "divide" }>): Windows;
  /** Returns the shortest row that shows whether the graph knows all tokens: the largest id between special tokens. */
  probe(): TokenRows;
  /** Returns a token's id. */
  idOf(token: string): number | undefined;
  /** Tokenizes a text word by word. */
  locate(text: string): LocatedTokens;
  /** Returns the text of each id alone. */
  decode(ids: Int32Array): string[];
}

interface EncodedText {
  readonly ids: readonly number[];
  readonly second: number;
  readonly total: number;
}

function tooLong(tokens: number, most: number): BgeError {
  return new BgeError(
    "INPUT_TOO_LONG",
    `The prompt alone, with its instruction, has ${tokens} of at most ${most} tokens`,
  );
}

export function createTokens(
  tokenizerJson: object,
  tokenizerConfig: object,
  {
    architecture,
    lowerCase = false,
    prompt,
  }: { readonly architecture: Architecture; readonly lowerCase?: boolean; readonly prompt?: RerankerPrompt },
): Tokens {
  const tokenizer = loadTokenizer(
    configured(tokenizerJson, tokenizerConfig, { architecture, lowerCase }),
    tokenizerConfig,
  );
  const { frames, padId, weightless } = specialTokens(tokenizer, tokenizerConfig, architecture, prompt);
  const { single, pair } = frames;
  const frame = sizeOf(frames);
  /** Returns the first `most` ids and the count of all: a long text is truncated. */
  const bare = (text: string, most: number) => tokenizer.encode(text, { add_special_tokens: false, most });
  const countOf = (text: string) => bare(text, 0).total;

  function framed(text: string, maxTokens: number): EncodedText {
    const { ids, total } = bare(text, Math.max(0, maxTokens - frame.single));
    return { ids: [...single.before, ...ids, ...single.behind], second: 0, total: total + frame.single };
  }

  function encodeOne(text: string, encoding: Encoding): EncodedText {
    switch (encoding.form) {
      case "bare":
        return { ...bare(text, encoding.maxTokens), second: 0 };
      case "count":
        return { ids: [], second: 0, total: countOf(text) + frame.single };
      case "single":
        return framed(text, encoding.maxTokens);
      case "pair": {
        const { query, maxTokens } = encoding;
        const head = [...pair.before, ...query, ...pair.between];
        const { ids, total } = bare(text, documentRoom(frame, query.length, maxTokens));
        return {
          ids: [...head, ...ids, ...pair.behind, ...pair.tail],
          second: head.length,
          total: query.length + total + frame.pair + frame.tail,
        };
      }
      case "prompt": {
        const { before, after, maxTokens } = encoding;
        const around = (inner: string) => framed(before + inner + after, Number.POSITIVE_INFINITY);
        const whole = around(text);
        // Pieces may join across the cut, so that one cut may not be enough.
        for (let cut = whole, room = countOf(text); ; ) {
          if (cut.total <= maxTokens) return { ...cut, total: whole.total };
          room -= cut.total - maxTokens;
          if (room < 0) throw tooLong(countOf(before + after) + frame.single, maxTokens);
          cut = around(tokenizer.decode(bare(text, room).ids));
        }
      }
      case "few-shot": {
        const { prefix, suffix, maxTokens } = encoding;
        const kept = bare(text, fewShotRoom(maxTokens, suffix));
        const cut = kept.total - kept.ids.length;
        const around = countOf(prefix) + countOf(suffix);
        const whole = prefix + tokenizer.decode(kept.ids) + suffix;
        const { ids, total } = framed(whole, 8 * Math.floor((around + maxTokens + 8) / 8) + 8);
        return { ids, second: 0, total: total + cut };
      }
    }
  }

  /** FlagICLModel leaves room for "<s>" and for the suffix followed by "</s>", each tokenized as text. */
  function fewShotRoom(maxTokens: number, suffix: string): number {
    return Math.max(0, maxTokens - countOf("<s>") - countOf(`${suffix}</s>`));
  }

  return {
    padId,
    weightless,
    frame,
    encode(texts, encoding) {
      const encoded = texts.map((text) => encodeOne(text, encoding));
      const lengths = Int32Array.from(encoded, ({ ids }) => ids.length);
      const all = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
      let at = 0;
      for (const { ids } of encoded) {
        all.set(ids, at);
        at += ids.length;
      }
      return {
        rows: {
          ids: all,
          lengths,
          seconds: Int32Array.from(encoded, ({ second }) => second),
        },
        totals: Int32Array.from(encoded, ({ total }) => total),
      };
    },
    divide({ text, tokens, maxTokens }) {
      const { ranges, read } = divide(text, Math.max(1, maxTokens - frame.single), countOf);
      const isWhole = text.slice(ranges.at(-1)).trim() === "";
      return { ranges, kept: isWhole ? tokens : Math.min(tokens - 1, read + frame.single), total: tokens };
    },
    probe() {
      const ids = Int32Array.from([...single.before, tokenizer.largestId, ...single.behind]);
      return { ids, lengths: Int32Array.of(ids.length), seconds: Int32Array.of(0) };
    },
    idOf: (token) => tokenizer.token_to_id(token),
    locate: (text) => locate(text, (word) => bare(word, Number.POSITIVE_INFINITY).ids),
    decode(ids) {
      const { largestId } = tokenizer;
      const other = ids.find((id) => id > largestId);
      if (other !== undefined) {
        const problem = `${other} is no token of this model, whose largest id is ${largestId}.`;
        throw new BgeError("INVALID_INPUT", problem, { parameter: "sparse" });
      }
      return Array.from(ids, (id) => tokenizer.decode([id]));
    },
  };
}
