import { splitAddedTokens } from "./added-tokens.js";
import { bpe } from "./bpe.js";
import { cleanUp, decoder } from "./decode.js";
import { type Ids, libraryModel, type Model, type Tokenizer } from "./library.js";
import { normalizer } from "./normalize.js";
import { around } from "./post-processor.js";
import { preTokenizer } from "./pre-tokenize.js";
import type { BpeStep, TokenizerJson, UnigramStep, WordPieceStep } from "./tokenizer-json.js";
import { checkTokenizerJson, readVocabulary, type Vocabulary } from "./tokenizer-json.js";
import { unigram } from "./unigram.js";
import { wordPiece } from "./word-piece.js";

/**
 * Loads `tokenizer.json` with the ids of Hugging Face's Rust tokenizers. Rare steps come from
 * `@huggingface/tokenizers`; ours replace those in which that library differs from Rust, is slow to open, or fails on
 * long words: added tokens, several normalizers and splits, all common models, decoding. Truncation and padding are
 * ignored.
 */
export function loadTokenizer(tokenizerJson: object, config: object): Tokenizer {
  const json = checkTokenizerJson(tokenizerJson);
  const added = json.added_tokens ?? [];
  const normalize = normalizer(json.normalizer);
  const ofText = splitAddedTokens(added.filter((token) => !token.normalized).map((token) => [token.content, token]));
  const ofNormalized = splitAddedTokens(
    added.filter((token) => token.normalized).map((token) => [normalize(token.content), token]),
  );
  const words = preTokenizer(json.pre_tokenizer);
  const vocabulary = readVocabulary(json.model, added);
  const { tokens } = vocabulary;
  const model = createModel(json, config, vocabulary);
  const { before, behind } = around(json.post_processor);
  const toText = decoder(json.decoder);
  const cleans = (config as { clean_up_tokenization_spaces?: boolean }).clean_up_tokenization_spaces === true;

  function addIds(text: string, ids: Ids): void {
    let first = true;
    // A Rust string cannot hold lone surrogates.
    for (const piece of ofText(text.toWellFormed())) {
      if (typeof piece === "number") ids.push(piece);
      else {
        for (const part of ofNormalized(normalize(piece))) {
          if (typeof part === "number") ids.push(part);
          else model(words(part, first), ids);
          first = false;
        }
      }
      first = false;
    }
  }

  return {
    encode(text, { add_special_tokens, most = Number.POSITIVE_INFINITY }) {
      const ids: number[] = [];
      let total = 0;
      const push = (id: number) => {
        if (total++ < most) ids.push(id);
      };
      if (add_special_tokens) for (const id of before) push(id);
      addIds(text, { push });
      if (add_special_tokens) for (const id of behind) push(id);
      return { ids, total };
    },
    decode(list) {
      const text = toText(list.flatMap((id) => tokens[id] ?? []));
      return cleans ? cleanUp(text) : text;
    },
    largestId: tokens.length - 1,
    token_to_id(token) {
      const id = tokens.indexOf(token);
      return id === -1 ? undefined : id;
    },
  };
}

function createModel({ model }: TokenizerJson, config: object, { ids }: Vocabulary): Model {
  const step = model as WordPieceStep & BpeStep & UnigramStep;
  const plain = !step.continuing_subword_prefix && !step.dropout;
  if (isWordPiece(step)) return wordPiece(step, ids);
  if (step.type === "BPE" && plain) return bpe(step, ids);
  if (step.type === "Unigram" && step.unk_id != null && !step.byte_fallback) return unigram(step, step.unk_id);
  return libraryModel(model, config);
}

/** Files of the earliest tokenizers do not name the type. */
function isWordPiece(step: WordPieceStep & BpeStep): boolean {
  if (step.type !== undefined) return step.type === "WordPiece";
  return step.unk_token !== undefined && step.continuing_subword_prefix != null && step.merges === undefined;
}
