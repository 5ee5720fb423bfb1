import { isRecord } from "../model/json-file.js";
import { corrupt, IDS, isId } from "./check.js";
import type { AddedToken, ModelStep } from "./tokenizer-json.js";

/** A model's tokens, by id and, where its file gives each an id, by text. */
export interface Vocabulary {
  /** Added tokens among them; there may be gaps. */
  readonly tokens: readonly (string | undefined)[];
  /** Without added tokens. Empty for Unigram, which lists its tokens in order. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Reads and checks a vocabulary in one go: it is the largest part of what opening a tokenizer takes. */
export function readVocabulary({ vocab }: ModelStep, added: readonly AddedToken[]): Vocabulary {
  const tokens: (string | undefined)[] = [];
  const ids = new Map<string, number>();
  if (Array.isArray(vocab)) {
    for (const entry of vocab as readonly unknown[]) {
      if (!isScored(entry)) throw corrupt("its vocabulary holds what is not a token with its score");
      tokens.push(entry[0]);
    }
  } else {
    if (!isRecord(vocab)) throw noIds();
    // Keys, for pairs of key and value take three times as long.
    for (const token of Object.keys(vocab)) {
      const id = vocab[token];
      if (!isId(id)) throw noIds();
      tokens[id] = token;
      ids.set(token, id);
    }
  }
  for (const { content, id } of added) tokens[id] = content;
  return { tokens, ids };
}

function noIds() {
  return corrupt(`its vocabulary does not give each token an id of 0 to ${IDS - 1}`);
}

function isScored(entry: unknown): entry is readonly [string, number] {
  return Array.isArray(entry) && typeof entry[0] === "string" && Number.isFinite(entry[1]);
}
