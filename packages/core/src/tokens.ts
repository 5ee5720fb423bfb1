import type { Encoded, Encoding } from "./engine/messages.js";
import { BgeError } from "./errors.js";
import type { Architecture } from "./spec.js";
import type { Tokenizer } from "./tokenizer/library.js";
import { loadTokenizer } from "./tokenizer/load.js";

/** Text to token ids, as Hugging Face's Rust tokenizers, framed and cut as FlagEmbedding does. */
export interface Tokens {
  readonly padId: number;
  /** Special tokens around one text, and around a pair. */
  readonly frame: { readonly single: number; readonly pair: number };
  encode(texts: readonly string[], encoding: Encoding): Encoded;
}

/** Special tokens before, between and after: `[CLS] a [SEP] b [SEP]`, `<s> a </s></s> b </s>`. */
interface Frame {
  readonly start: string;
  readonly end: string;
  /** How often `end` stands between the texts of a pair. */
  readonly between: number;
  readonly pad: string;
}

const FRAMES: Readonly<Record<Architecture, Frame | undefined>> = {
  bert: { start: "[CLS]", end: "[SEP]", between: 1, pad: "[PAD]" },
  "xlm-roberta": { start: "<s>", end: "</s>", between: 2, pad: "<pad>" },
  qwen2: undefined,
};

export function createTokens(tokenizerJson: object, tokenizerConfig: object, architecture: Architecture): Tokens {
  const tokenizer = loadTokenizer(tokenizerJson, tokenizerConfig);
  const frame = FRAMES[architecture];
  if (frame === undefined)
    throw new BgeError("UNSUPPORTED_MODEL", `No special-token frame is known for ${architecture}.`);
  const [start, end, padId] = [frame.start, frame.end, frame.pad].map((token) => idOf(tokenizer, token));
  const between = Array.from({ length: frame.between }, () => end!);
  const counts = { single: 2, pair: 2 + frame.between };
  checkFrame(tokenizer, [start!, end!]);

  function encodeOne(text: string, encoding: Encoding): { ids: readonly number[]; second: number; total: number } {
    const bare = tokenizer.encode(text, { add_special_tokens: false }).ids;
    switch (encoding.form) {
      case "bare":
        return { ids: bare.slice(0, encoding.maxTokens), second: 0, total: bare.length };
      case "count":
        return { ids: [], second: 0, total: bare.length + counts.single };
      case "single": {
        const kept = bare.slice(0, encoding.maxTokens - counts.single);
        return { ids: [start!, ...kept, end!], second: 0, total: bare.length + counts.single };
      }
      case "pair": {
        const head = [start!, ...encoding.query, ...between];
        const kept = bare.slice(0, Math.max(0, encoding.maxTokens - encoding.query.length - counts.pair));
        return {
          ids: [...head, ...kept, end!],
          second: head.length,
          total: encoding.query.length + bare.length + counts.pair,
        };
      }
    }
  }

  return {
    padId: padId!,
    frame: counts,
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
  };
}

function idOf(tokenizer: Tokenizer, token: string): number {
  const id = tokenizer.token_to_id(token);
  if (id === undefined) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `The tokenizer has no token ${token}: its files are not of the architecture stated.`,
    );
  }
  return id;
}

/** Our frame must be the one that the tokenizer's own post-processor sets around a text. */
function checkFrame(tokenizer: Tokenizer, frame: readonly number[]): void {
  const own = tokenizer.encode("", { add_special_tokens: true }).ids;
  if (own.join() !== frame.join()) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `The tokenizer frames a text with ids [${own.join(", ")}], this architecture with [${frame.join(", ")}].`,
    );
  }
}
