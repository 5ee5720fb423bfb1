import { BgeError, type SparseVector } from "@bge-js/core";
import { checkText, documentAsJson, messageOf } from "@bge-js/core/adapter";
import type { RetrieverDocument } from "@bge-js/retriever";
import { contentHash, pointId } from "./ids.js";
import { type ReadDocument, split } from "./reader.js";

/** Payload field with the hash of the document, by which an unchanged one is known. */
export const HASH = "bge_hash";

/** A document on its way to the server. */
export interface Sent {
  /** Its place in the caller's list. */
  readonly index: number;
  readonly id: string;
  readonly point: string;
  readonly text: string;
  readonly hash: string;
  /** The document as JSON gives it back, with its hash. */
  readonly payload: Record<string, unknown>;
  readonly payloadBytes: number;
}

/** A point as the client takes it. */
export interface Point {
  readonly id: string;
  readonly vector: Record<string, number[] | number[][] | SparseVector>;
  readonly payload: Record<string, unknown>;
}

/** Returns what is sent of a document, or the reason why it cannot be. */
export function toSent(given: RetrieverDocument | string, index: number): Sent | BgeError {
  try {
    const document = typeof given === "string" ? { id: contentHash(given), text: given } : given;
    if (typeof document !== "object" || document === null)
      return unusable("must be an object { id, text } or a string");
    const { id, text } = document;
    if (typeof id !== "string" || id === "") return unusable("needs an id, a non-empty string");
    if (typeof text !== "string") return unusable("needs a text, a string");
    if (HASH in document) return unusable(`cannot have a field ${HASH}, in which its hash is kept`);
    checkText(text, "text");
    const kept = documentAsJson(document);
    if (typeof kept === "string") return unusable(kept);
    const { json, copy } = kept;
    const hash = contentHash(json);
    const payload = { ...copy, [HASH]: hash };
    return { index, id, text, point: pointId(id), hash, payload, payloadBytes: Buffer.byteLength(json) };
  } catch (error) {
    return error instanceof BgeError ? error : unusable(`cannot be read: ${messageOf(error)}`);
  }
}

/** The document as it was added, of a payload that nobody else has. */
export function documentOf<D>(payload: unknown): D {
  const { [HASH]: _, ...document } = (payload ?? {}) as Record<string, unknown>;
  numbersFor(document);
  return document as D;
}

/** On Node 22, the client reads whole numbers over 2^53 as bigint; they were numbers when they were added. */
function numbersFor(value: object): void {
  for (const [key, one] of Object.entries(value)) {
    if (typeof one === "bigint") (value as Record<string, unknown>)[key] = Number(one);
    else if (typeof one === "object" && one !== null) numbersFor(one);
  }
}

/** `dimensions`: numbers of a token row. */
export function toPoint(
  { point, payload }: Sent,
  { dense, rows }: ReadDocument,
  words: SparseVector,
  dimensions: number | undefined,
): Point {
  return {
    id: point,
    payload,
    vector: {
      dense: Array.from(dense),
      lexical: words,
      ...(rows && { lateInteraction: rounded(split(rows, dimensions!)) }),
    },
  };
}

/** Qdrant keeps fewer numbers than this in the multivector of a point. */
const MULTIVECTOR_NUMBERS = 2 ** 20;

/** The reason why a document's token rows cannot be stored, if they cannot. */
export function rowsRefusal({ rows }: ReadDocument, dimensions: number | undefined): BgeError | undefined {
  if (rows === undefined || rows.length < MULTIVECTOR_NUMBERS) return undefined;
  const most = Math.ceil(MULTIVECTOR_NUMBERS / dimensions!) - 1;
  const message =
    `a document has ${rows.length / dimensions!} token rows, and Qdrant keeps at most ${most} of ${dimensions} numbers. ` +
    "Split it, lower the embedder's maxTokens, or store no token rows (lateInteraction: false).";
  return new BgeError("INPUT_TOO_LONG", message, { parameter: "documents" });
}

/** Upper bounds of a number and its comma, in bytes of JSON. */
const ROUNDED_BYTES = 10;
const FLOAT_BYTES = 24;

/** The most bytes that a point can take as JSON: counting them would write it twice. */
export function bytesOf({ payloadBytes }: Sent, { dense, rows }: ReadDocument, words: SparseVector): number {
  const numbers = dense.length + 2 * words.indices.length;
  return 1024 + payloadBytes + FLOAT_BYTES * numbers + ROUNDED_BYTES * (rows?.length ?? 0);
}

/** Five decimals: less than half the bytes, of numbers that the server keeps in float16. */
function rounded(rows: number[][]): number[][] {
  for (const row of rows) for (let d = 0; d < row.length; d++) row[d] = Math.round(row[d]! * 1e5) / 1e5;
  return rows;
}

function unusable(problem: string): BgeError {
  return new BgeError("INVALID_INPUT", `a document ${problem}.`, { parameter: "documents" });
}
