import { BgeError } from "../errors.js";
import { isRecord } from "../json-file.js";
import type { TokenizerJson } from "./tokenizer-json.js";

/** Ids stay exact in float32, as they come back with lexical weights. */
const IDS = 2 ** 24;
const MODELS = ["WordPiece", "BPE", "Unigram"];

/** Refuses what is no `tokenizer.json`, or one whose tokens have ids that cannot be; gives it back as what it is. */
export function checkTokenizerJson(json: object): TokenizerJson {
  const { model, added_tokens: added = [] } = json as { model?: unknown; added_tokens?: unknown };
  if (!isRecord(model)) throw corrupt("it has no model");
  const { type, vocab, merges = [] } = model;
  if (type !== undefined && !MODELS.includes(type as string)) {
    throw new BgeError(
      "UNSUPPORTED_MODEL",
      `tokenizer.json has a model ${JSON.stringify(type)}: ${MODELS} can be run.`,
    );
  }
  if (Array.isArray(vocab)) {
    if (!vocab.every(isScored)) throw corrupt("its vocabulary holds what is not a token with its score");
  } else if (!isRecord(vocab) || !Object.values(vocab).every(isId)) {
    throw corrupt(`its vocabulary does not give each token an id of 0 to ${IDS - 1}`);
  }
  if (!Array.isArray(merges)) throw corrupt("its merges are no list");
  if (!Array.isArray(added) || !added.every(isAdded)) {
    throw corrupt("its added tokens are no list of texts with their ids");
  }
  return json as TokenizerJson;
}

function isId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < IDS;
}

function isScored(entry: unknown): boolean {
  return Array.isArray(entry) && typeof entry[0] === "string" && Number.isFinite(entry[1]);
}

function isAdded(token: unknown): boolean {
  return isRecord(token) && typeof token["content"] === "string" && isId(token["id"]);
}

function corrupt(problem: string): BgeError {
  return new BgeError("MODEL_CORRUPT", `tokenizer.json cannot be used: ${problem}. Get it again.`);
}
