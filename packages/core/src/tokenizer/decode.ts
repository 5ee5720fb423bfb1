import { BgeError } from "../api/errors.js";
import { fromByteCharacters } from "./byte-level.js";
import type { DecoderStep } from "./tokenizer-json.js";

type Decode = (tokens: readonly string[]) => readonly string[];

const BYTE_TOKEN = /^<0x[0-9A-Fa-f]{2}>$/;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns a function that converts tokens to text, as in Rust. Without a decoder, tokens are joined with spaces. */
export function decoder(step: DecoderStep | null | undefined): (tokens: readonly string[]) => string {
  if (step == null) return (tokens) => tokens.join(" ");
  const decode = decodeStep(step);
  return (tokens) => decode(tokens).join("");
}

function decodeStep(step: DecoderStep): Decode {
  switch (step.type) {
    case "ByteLevel":
      return (tokens) => [fromByteCharacters(tokens)];
    case "ByteFallback":
      return bytesToText;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Strip":
      return (tokens) => tokens.map((token) => stripped(token, step));
    case "Replace": {
      const literal = step.pattern?.String;
      if (literal !== undefined)
        return (tokens) => tokens.map((token) => token.replaceAll(literal, () => step.content ?? ""));
      break;
    }
    case "Metaspace": {
      const { replacement = "▁", prepend_scheme: scheme = "always" } = step;
      const atFirst = scheme === "never" ? " " : "";
      return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 ? atFirst : " "));
    }
    case "WordPiece":
      return (tokens) => tokens.map((token, i) => wordPiece(token, i === 0, step));
    case "Sequence": {
      const steps = step.decoders!.map(decodeStep);
      return (tokens) => steps.reduce((result, each) => each(result), tokens);
    }
  }
  throw new BgeError("UNSUPPORTED_MODEL", `tokenizer.json has an unknown decoder: ${step.type}.`);
}

/** Decodes runs of byte tokens as UTF-8. An invalid run becomes one U+FFFD per byte. */
function bytesToText(tokens: readonly string[]): string[] {
  const result: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    try {
      if (bytes.length > 0) result.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      result.push("\ufffd".repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    if (BYTE_TOKEN.test(token)) {
      bytes.push(Number.parseInt(token.slice(3, 5), 16));
      continue;
    }
    flush();
    result.push(token);
  }
  flush();
  return result;
}

function stripped(token: string, { content = " ", start = 0, stop = 0 }: DecoderStep): string {
  let from = 0;
  let to = token.length;
  while (from < start && token[from] === content) from++;
  while (to > from && token.length - to < stop && token[to - 1] === content) to--;
  return token.slice(from, to);
}

function wordPiece(token: string, first: boolean, { prefix = "##", cleanup = true }: DecoderStep): string {
  const joined = first ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
  return cleanup ? cleanUp(joined.replaceAll(" do not", " don't")) : joined;
}

/** Cleans up English as transformers does if `clean_up_tokenization_spaces` is set. */
export function cleanUp(text: string): string {
  return CLEANED.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

const CLEANED = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"].map(
  (from) => [from, from.trim()] as const,
);
