import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import type { Dtype, Pooling } from "../api/model.js";
import { fromFloat16 } from "../float16.js";

/** Texts with their fp32 vectors, which this machine's results are compared with. */
export interface TextCanaries {
  readonly pooling: Pooling;
  readonly texts: readonly Canary[];
  /** Hash of the file. */
  readonly hash: string;
}

export interface Canary {
  /** The text, without an instruction. */
  readonly text: string;
  /** L2-normalised, of the model's full `dimensions`. */
  readonly vector: Float32Array;
  readonly cosine: Reached;
}

/** Pairs with their fp32 logits, compared as one vector. */
export interface PairCanaries {
  readonly pairs: readonly PairCanary[];
  readonly cosine: Reached;
  readonly hash: string;
}

export interface PairCanary {
  readonly query: string;
  readonly document: string;
  readonly logit: number;
}

/** The cosine each precision's file reached where it was built. */
type Reached = Readonly<Partial<Record<Dtype, number>>>;

const FILE = "canaries.json";
const MOST_BYTES = 4 * 2 ** 20;
const MOST_TEXTS = 64;

/** Reads an embedder's canaries, if its folder has any. @throws BgeError `MODEL_CORRUPT` */
export function readTextCanaries(directory: string, dimensions: number): TextCanaries | undefined {
  const found = readContent(directory);
  if (found === undefined) return undefined;
  const { content, hash, corrupt } = found;
  const { pooling, encoding, texts } = content;
  if (!isPooling(pooling)) throw corrupt('pooling must be "cls", "mean" or "last-token"');
  if (encoding !== "float16") throw corrupt('encoding must be "float16"');
  const read = listOf(texts, "texts", corrupt).map((entry, i): Canary => {
    const { text, vector, cosine = {} } = entry;
    if (typeof text !== "string" || typeof vector !== "string") throw corrupt(`text ${i} has no text or no vector`);
    if (!isReached(cosine)) throw corrupt(`the cosine of text ${i} must be an object of numbers`);
    const values = fromBase64(vector);
    if (values.length !== dimensions) throw corrupt(`vector ${i} has length ${values.length}, not ${dimensions}`);
    const length = Math.hypot(...values);
    // A zero or non-finite vector has no cosine.
    if (!(length > 0 && Number.isFinite(length))) throw corrupt(`vector ${i} is zero or not finite`);
    return { text, vector: values.map((value) => value / length), cosine };
  });
  return { pooling, texts: read, hash };
}

/** Reads a cross-encoder's canaries, if its folder has any. @throws BgeError `MODEL_CORRUPT` */
export function readPairCanaries(directory: string): PairCanaries | undefined {
  const found = readContent(directory);
  if (found === undefined) return undefined;
  const { content, hash, corrupt } = found;
  const { pairs, cosine = {} } = content;
  if (!isReached(cosine)) throw corrupt("cosine must be an object of numbers");
  const read = listOf(pairs, "pairs", corrupt).map((entry, i): PairCanary => {
    const { query, document, logit } = entry;
    if (typeof query !== "string" || typeof document !== "string")
      throw corrupt(`pair ${i} has no query or no document`);
    if (typeof logit !== "number" || !Number.isFinite(logit)) throw corrupt(`pair ${i} has no logit`);
    return { query, document, logit };
  });
  if (read.every(({ logit }) => logit === 0)) throw corrupt("all logits are 0");
  return { pairs: read, cosine, hash };
}

function readContent(directory: string) {
  const file = join(directory, FILE);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const corrupt = (problem: string) =>
    new BgeError("MODEL_CORRUPT", `${file} cannot be used: ${problem}. Download it again or remove it.`);
  if (size > MOST_BYTES) throw corrupt(`it has ${size} bytes; the maximum is ${MOST_BYTES}`);
  const source = readFileSync(file, "utf8");
  let content: unknown;
  try {
    content = JSON.parse(source);
  } catch (cause) {
    throw corrupt(String(cause));
  }
  if (!isRecord(content)) throw corrupt("it is not a JSON object");
  return { content, hash: createHash("sha256").update(source).digest("hex"), corrupt };
}

/** Returns a list's entries as records. Anything else becomes an empty record, which fails every check. */
function listOf(value: unknown, name: string, corrupt: (problem: string) => BgeError): Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_TEXTS) {
    throw corrupt(`${name} must be a list of 1 to ${MOST_TEXTS} entries`);
  }
  return value.map((entry: unknown) => (isRecord(entry) ? entry : {}));
}

/** Decodes little-endian float16 numbers. */
function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return fromFloat16(Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16LE(2 * i)));
}

function isPooling(value: unknown): value is Pooling {
  return value === "cls" || value === "mean" || value === "last-token";
}

function isReached(value: unknown): value is Reached {
  return isRecord(value) && Object.values(value).every(Number.isFinite);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
