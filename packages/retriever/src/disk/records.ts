import { createHash } from "node:crypto";
import type { Quantized } from "../quantized.js";
import type { ScannedVector } from "../vectors.js";

/** What is kept by slot of a document. */
export interface SlotRecord {
  /** Number of its addition. */
  readonly born: number;
  /** Its length in words. */
  readonly words: number;
  readonly vectors: readonly ScannedVector[];
  /** Where its token rows are. */
  readonly rows: RowsPlace | undefined;
}

export interface RowsPlace {
  readonly start: number;
  readonly bytes: number;
}

/*
 * Little-endian:
 *   0  born (float64), words, vectors (uint32 each), start of the rows (float64), their bytes plus one or 0 (uint32), 0
 *  32  for each vector: step, error, norm (float32 each), and its high bytes
 * A removed document's: the number of its removal (float64).
 */
const HEADER = 32;
const VECTOR = 12;
const REMOVED = 8;

export function writeSlot(
  { born, words, vectors, rows }: Omit<SlotRecord, "vectors"> & { readonly vectors: readonly Quantized[] },
  dimensions: number,
): Buffer {
  const bytes = Buffer.alloc(HEADER + vectors.length * (VECTOR + dimensions));
  bytes.writeDoubleLE(born, 0);
  bytes.writeUInt32LE(words, 8);
  bytes.writeUInt32LE(vectors.length, 12);
  bytes.writeDoubleLE(rows?.start ?? 0, 16);
  bytes.writeUInt32LE(rows === undefined ? 0 : rows.bytes + 1, 24);
  let at = HEADER;
  for (const { step, error, norm, high } of vectors) {
    bytes.writeFloatLE(step, at);
    bytes.writeFloatLE(error, at + 4);
    bytes.writeFloatLE(norm, at + 8);
    bytes.set(new Uint8Array(high.buffer, high.byteOffset, dimensions), at + VECTOR);
    at += VECTOR + dimensions;
  }
  return bytes;
}

export function writeRemoved(change: number): Buffer {
  const bytes = Buffer.alloc(REMOVED);
  bytes.writeDoubleLE(change);
  return bytes;
}

/** Returns a record, the number of a removal, or `undefined` for bytes that are neither. The vectors are views of them. */
export function readSlot(bytes: Buffer, dimensions: number): SlotRecord | number | undefined {
  if (bytes.length === REMOVED) return bytes.readDoubleLE(0);
  if (bytes.length < HEADER) return undefined;
  const count = bytes.readUInt32LE(12);
  if (bytes.length !== HEADER + count * (VECTOR + dimensions)) return undefined;
  const vectors = Array.from({ length: count }, (_, i) => {
    const at = HEADER + i * (VECTOR + dimensions);
    return {
      step: bytes.readFloatLE(at),
      error: bytes.readFloatLE(at + 4),
      norm: bytes.readFloatLE(at + 8),
      high: new Int8Array(bytes.buffer, bytes.byteOffset + at + VECTOR, dimensions),
    };
  });
  const rowBytes = bytes.readUInt32LE(24);
  return {
    born: bytes.readDoubleLE(0),
    words: bytes.readUInt32LE(8),
    vectors,
    rows: rowBytes === 0 ? undefined : { start: bytes.readDoubleLE(16), bytes: rowBytes - 1 },
  };
}

/** Ids that are longer, or not well-formed Unicode, are keys by their hash. */
const LONGEST_ID = 500;
const [PLAIN, HASHED] = [0x73, 0x68];

export function idKey(id: string): Buffer {
  const bytes = Buffer.from(id);
  if (bytes.length <= LONGEST_ID && bytes.toString() === id) return Buffer.concat([Buffer.of(PLAIN), bytes]);
  return Buffer.concat([Buffer.of(HASHED), createHash("sha256").update(Buffer.from(id, "utf16le")).digest()]);
}

/** The id of a key, unless it is a hash. */
export function idOf(key: Buffer): string | undefined {
  return key[0] === PLAIN ? key.toString("utf8", 1) : undefined;
}

export function slotBytes(slot: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(slot);
  return bytes;
}
