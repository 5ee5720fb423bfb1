import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fromFloat16 } from "./engine/float16.js";
import { BgeError } from "./errors.js";
import type { Dtype, Pooling } from "./spec.js";

/** Texts of a model folder with their fp32 vectors: what a processor must come near to. */
export interface Canaries {
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
  /** Cosine that each precision's file reached where it was built. */
  readonly cosine: Readonly<Partial<Record<Dtype, number>>>;
}

const FILE = "canaries.json";
const MOST_BYTES = 4 * 2 ** 20;
const MOST_TEXTS = 64;

/** A folder's canaries, if it has any. A damaged file is `MODEL_CORRUPT`. */
export function readCanaries(directory: string, dimensions: number): Canaries | undefined {
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
  const { pooling, encoding, texts } = content;
  if (!isPooling(pooling)) throw corrupt('pooling must be "cls", "mean" or "last-token"');
  if (encoding !== "float16") throw corrupt('encoding must be "float16"');
  if (!Array.isArray(texts) || texts.length === 0 || texts.length > MOST_TEXTS) {
    throw corrupt(`texts must be a list of 1 to ${MOST_TEXTS}`);
  }
  const read = texts.map((entry: unknown, i): Canary => {
    const { text, vector, cosine = {} } = isRecord(entry) ? entry : {};
    if (typeof text !== "string" || typeof vector !== "string") throw corrupt(`text ${i} lacks text or vector`);
    if (!isRecord(cosine) || !Object.values(cosine).every(Number.isFinite)) throw corrupt(`cosine of text ${i}`);
    const values = fromBase64(vector);
    if (values.length !== dimensions) throw corrupt(`vector ${i} has ${values.length} numbers, not ${dimensions}`);
    const length = Math.hypot(...values);
    // A zero or a number that is not finite compares with nothing.
    if (!(length > 0 && Number.isFinite(length))) throw corrupt(`vector ${i} has no direction`);
    return { text, vector: values.map((value) => value / length), cosine };
  });
  return { pooling, texts: read, hash: createHash("sha256").update(source).digest("hex") };
}

/** float16, little-endian. */
function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return fromFloat16(Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16LE(2 * i)));
}

function isPooling(value: unknown): value is Pooling {
  return value === "cls" || value === "mean" || value === "last-token";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
