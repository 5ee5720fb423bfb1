import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Reference vectors of one embedding model, made by tools/golden from FlagEmbedding. */
export interface EmbeddingGolden {
  readonly model: string;
  readonly cases: readonly {
    readonly name: string;
    readonly text: string;
    readonly inputType: "query" | "document";
    /** Special tokens and instruction included, before any cut. */
    readonly tokens: number;
    /** Little-endian float32, base64. */
    readonly vector: string;
  }[];
}

/** Reference logits of one cross-encoder. */
export interface RerankingGolden {
  readonly model: string;
  readonly cases: readonly {
    readonly name: string;
    readonly query: string;
    readonly document: string;
    readonly logit: number;
  }[];
}

/** Token ids of many strings by Hugging Face's Rust tokenizers, special tokens included. */
export interface TokensGolden {
  readonly texts: readonly string[];
  readonly ids: readonly (readonly number[])[];
}

/** A file of test/golden. */
export function readGolden<T>(name: string): T {
  const bytes = readFileSync(new URL(`../golden/${name}`, import.meta.url));
  return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")) as T;
}

export function vectorOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return dot / Math.sqrt(aa * bb);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = Math.abs(a.length - b.length);
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
