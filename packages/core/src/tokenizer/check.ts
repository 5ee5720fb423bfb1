import { BgeError } from "../api/errors.js";
import { isRecord } from "../model/json-file.js";
import type { TokenizerJson } from "./tokenizer-json.js";

/** Ids stay exact in float32, as they come back with lexical weights. */
export const IDS = 2 ** 24;
const MODELS = ["WordPiece", "BPE", "Unigram"];

/** Refuses what is no `tokenizer.json`; gives it back as what it is. Its vocabulary is checked where it is read. */
export function checkTokenizerJson(json: object): TokenizerJson {
  const { model, added_tokens: added = [] } = json as { model?: unknown; added_tokens?: unknown };
  if (!isRecord(model)) throw corrupt("it has no model");
  const { type, merges = [] } = model;
  if (type !== undefined && !MODELS.includes(type as string)) {
    throw new BgeError(
      "UNSUPPORTED_MODEL",
      `tokenizer.json has a model ${JSON.stringify(type)}: ${MODELS} can be run.`,
    );
  }
  if (!Array.isArray(merges)) throw corrupt("its merges are no list");
  if (!Array.isArray(added) || !added.every(isAdded)) {
    throw corrupt("its added tokens are no list of texts with their ids");
  }
  return json as TokenizerJson;
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < IDS;
}

function isAdded(token: unknown): boolean {
  return isRecord(token) && typeof token["content"] === "string" && isId(token["id"]);
}

export function corrupt(problem: string): BgeError {
  return new BgeError("MODEL_CORRUPT", `tokenizer.json cannot be used: ${problem}. Get it again.`);
}
