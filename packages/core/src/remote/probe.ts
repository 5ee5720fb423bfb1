import { BgeError } from "../api/errors.js";
import { dotProduct } from "../similarity.js";
import { bad } from "./answers.js";
import type { Dialect } from "./dialect.js";
import type { Client } from "./http.js";

/** Short, so that every model reads all of it. */
export const PROBE = {
  query: "how does a panda feed?",
  document: "The giant panda lives on bamboo, of which it eats for most of the day.",
} as const;

/** Below this cosine, two vectors are not the same model's. int8 and fp32 of one model are above it. */
const SAME_MODEL = 0.98;
/** The furthest that two scores of a pair may be apart, of 1. */
const SAME_SCORE = 0.1;

/** Returns a server's vector of the probe's document. */
export async function probeVector(
  client: Client,
  dialect: Dialect,
  address: string,
  side: "document" | undefined,
  signal: AbortSignal,
): Promise<Float32Array> {
  const { path, body } = dialect.embed({ texts: [PROBE.document], inputType: side, cut: false, wanted: "dense" });
  const { json } = await client.send(address, path, body, signal);
  const { data } = dialect.readEmbeddings(json, 1, "dense")[0]!;
  if (!data.every(Number.isFinite) || data.every((value) => value === 0)) throw bad("a vector is not finite, or zero");
  return data;
}

/** Returns a server's score of the probe's pair. */
export async function probeScore(
  client: Client,
  { rank }: Dialect,
  address: string,
  logits: boolean,
  signal: AbortSignal,
): Promise<Float32Array> {
  const { path, body } = rank!.request({ query: PROBE.query, texts: [PROBE.document], cut: false, logits });
  const { json } = await client.send(address, path, body, signal);
  return Float32Array.from(rank!.read(json, 1));
}

/** Checks that two servers have the same model. @throws BgeError `MODEL_MISMATCH` */
export function checkAlike(address: string, theirs: Float32Array, first: Float32Array, logits: boolean): void {
  if (first.length > 1) {
    const cosine = theirs.length === first.length ? cosineOf(theirs, first) : Number.NaN;
    if (cosine >= SAME_MODEL) return;
  } else {
    const [a, b] = [theirs[0]!, first[0]!].map((score) => (logits ? 1 / (1 + Math.exp(-score)) : score)) as [
      number,
      number,
    ];
    if (Math.abs(a - b) <= SAME_SCORE) return;
  }
  const message = `${address} does not have the model of the other servers: it gives other numbers for the same text.`;
  throw new BgeError("MODEL_MISMATCH", message, { parameter: "url" });
}

/** Of vectors that a server need not have normalised. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  const norm = (vector: Float32Array) => Math.sqrt(dotProduct(vector, 0, vector, 0, vector.length));
  return dotProduct(a, 0, b, 0, a.length) / (norm(a) * norm(b));
}
