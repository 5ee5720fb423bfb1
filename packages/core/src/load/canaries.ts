import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import type { Dtype, Pooling } from "../api/model.js";
import { fromFloat16 } from "../float16.js";

/** Texts with their fp32 vectors: what a processor must come near to. */
export interface TextCanaries {
  readonly pooling: Pooling;
  readonly texts: readonly Canary[];
  /** Tells this file from others. */
  readonly hash: string;
}

export interface Canary {
  /** As it stands, without any instruction. */
  readonly text: string;
  /** L2-normalised, all the model's dimensions. */
  readonly vector: Float32Array;
  readonly cosine: Reached;
}

/** Pairs with their fp32 logits, which are compared as one vector. */
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

/** Cosine that each precision's file reached where it was built. */
type Reached = Readonly<Partial<Record<Dtype, number>>>;

const FILE = "canaries.json";
const MOST_BYTES = 4 * 2 ** 20;
const MOST_TEXTS = 64;

/** An embedder's canaries, if its folder has any. A damaged file is `MODEL_CORRUPT`. */
export function readTextCanaries(directory: string, dimensions: number): TextCanaries | undefined {
  const found = readContent(directory);
  if (found === undefined) return undefined;
  const { content, hash, corrupt } = found;
  const { pooling, encoding, texts } = content;
  if (!isPooling(pooling)) throw corrupt('pooling must be "cls", "mean" or "last-token"');
  if (encoding !== "float16") throw corrupt('encoding must be "float16"');
  const read = listOf(texts, "texts", corrupt).map((entry, i): Canary => {
    const { text, vector, cosine = {} } = entry;
    if (typeof text !== "string" || typeof vector !== "string") throw corrupt(`text ${i} lacks text or vector`);
    if (!isReached(cosine)) throw corrupt(`cosine of text ${i}`);
    const values = fromBase64(vector);
    if (values.length !== dimensions) throw corrupt(`vector ${i} has ${values.length} numbers, not ${dimensions}`);
    const length = Math.hypot(...values);
    // A zero or a number that is not finite compares with nothing.
    if (!(length > 0 && Number.isFinite(length))) throw corrupt(`vector ${i} has no direction`);
    return { text, vector: values.map((value) => value / length), cosine };
  });
  return { pooling, texts: read, hash };
}

/** A cross-encoder's, likewise. */
export function readPairCanaries(directory: string): PairCanaries | undefined {
  const found = readContent(directory);
  if (found === undefined) return undefined;
  const { content, hash, corrupt } = found;
  const { pairs, cosine = {} } = content;
  if (!isReached(cosine)) throw corrupt("cosine must hold numbers");
  const read = listOf(pairs, "pairs", corrupt).map((entry, i): PairCanary => {
    const { query, document, logit } = entry;
    if (typeof query !== "string" || typeof document !== "string") throw corrupt(`pair ${i} lacks query or document`);
    if (typeof logit !== "number" || !Number.isFinite(logit)) throw corrupt(`pair ${i} lacks its logit`);
    return { query, document, logit };
  });
  if (read.every(({ logit }) => logit === 0)) throw corrupt("its logits are all 0");
  return { pairs: read, cosine, hash };
}

function readContent(directory: string) {
  const file = join(directory, FILE);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const corrupt = (problem: string) =>
    new BgeError("MODEL_CORRUPT", `${file} cannot be used: ${problem}. Get it again, or remove it.`);
  if (size > MOST_BYTES) throw corrupt(`it has ${size} bytes, and no canaries need more than ${MOST_BYTES}`);
  const source = readFileSync(file, "utf8");
  let content: unknown;
  try {
    content = JSON.parse(source);
  } catch (cause) {
    throw corrupt(String(cause));
  }
  if (!isRecord(content)) throw corrupt("it is no object");
  return { content, hash: createHash("sha256").update(source).digest("hex"), corrupt };
}

/** Records of a list; what is no record is an empty one, which lacks whatever is asked of it. */
function listOf(value: unknown, name: string, corrupt: (problem: string) => BgeError): Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_TEXTS) {
    throw corrupt(`${name} must be a list of 1 to ${MOST_TEXTS}`);
  }
  return value.map((entry: unknown) => (isRecord(entry) ? entry : {}));
}

/** float16, little-endian. */
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
