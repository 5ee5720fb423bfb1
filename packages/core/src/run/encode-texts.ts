import { BgeError } from "../api/errors.js";
import { joinInts } from "../engine/joint-work.js";
import type { EngineCall } from "../engine/pool.js";
import type { Encoded, Encoding } from "../protocol.js";

/** Maximum characters in one encoding message, unless a single text has more. */
const ENCODE_CHARACTERS = 1 << 16;

/**
 * Encodes texts to token rows and counts, in several messages so that the workers share the work. With `again` and `retryLost`, the
 * texts of a lost message are encoded again, each alone, and the error names those that are lost once more.
 */
export async function encodeTexts(
  call: EngineCall,
  texts: readonly string[],
  encoding: Encoding,
  again = true,
): Promise<Encoded> {
  const parts = (
    await Promise.all(chunksOf(texts).map((chunk) => encodeChunk(call, chunk, encoding, again, texts.length > 1)))
  ).flat();
  const join = (pick: (part: Encoded) => Int32Array) => joinInts(parts.map(pick));
  return {
    rows: { ids: join((p) => p.rows.ids), lengths: join((p) => p.rows.lengths), seconds: join((p) => p.rows.seconds) },
    totals: join((p) => p.totals),
  };
}

/** Returns the token count of each text alone, special tokens included, before truncation. */
export async function countTexts(call: EngineCall, texts: readonly string[]): Promise<Int32Array> {
  return (await encodeTexts(call, texts, { form: "count" })).totals;
}

/** True if a worker died on several inputs and each should be retried on its own. */
export function isLost(call: EngineCall, error: unknown): error is BgeError {
  return call.retryLost && error instanceof BgeError && error.code === "WORKER_LOST";
}

/** Texts of one message, and where the first one is among all. */
interface Chunk {
  readonly from: number;
  readonly texts: string[];
}

async function encodeChunk(
  call: EngineCall,
  { from, texts }: Chunk,
  encoding: Encoding,
  again: boolean,
  isOfMany: boolean,
): Promise<Encoded[]> {
  const encode = (given: readonly string[]) => call.run({ type: "encode", texts: given, encoding }, { again });
  try {
    return [await encode(texts)];
  } catch (error) {
    if (!again || !isOfMany || !isLost(call, error)) throw error;
    const each = texts.length === 1 ? [Promise.reject(error)] : texts.map((text) => encode([text]));
    const encoded: Encoded[] = [];
    const lost: number[] = [];
    let reason: BgeError | undefined;
    for (const [i, one] of (await Promise.allSettled(each)).entries()) {
      if (one.status === "fulfilled") encoded.push(one.value);
      else if (isLost(call, one.reason)) {
        reason ??= one.reason;
        lost.push(from + i);
      } else throw one.reason;
    }
    if (reason === undefined) return encoded;
    throw new BgeError(reason.code, reason.message, { indices: lost, cause: reason.cause });
  }
}

function chunksOf(texts: readonly string[]): Chunk[] {
  const chunks: Chunk[] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const [from, text] of texts.entries()) {
    if (characters + text.length > ENCODE_CHARACTERS) {
      chunks.push({ from, texts: [] });
      characters = 0;
    }
    chunks.at(-1)!.texts.push(text);
    characters += text.length;
  }
  return chunks;
}
