import { crc32 } from "node:zlib";
import { BgeError } from "../api/errors.js";
import { packedBytes } from "./codes.js";

/** Wider rows would overflow int32 in the kernel. */
export const MOST_DIMENSIONS = 4096;

/** A text's kept rows, as laid out in the buffer. */
export interface KeptRows {
  readonly dimensions: number;
  /** Token ids, row by row. */
  readonly ids: Int32Array;
  /** Where each row's tokens begin in `ids`. */
  readonly starts: Int32Array;
  /** The mean of all rows: `mean[d] * meanScale`. */
  readonly mean: Int8Array;
  readonly meanScale: number;
  /** Row `r` is the mean plus `scales[r]` times its levels, rotated back. */
  readonly scales: Float32Array;
  /** `packedBytes(dimensions)` bytes a row. */
  readonly codes: Uint8Array;
}

/*
 * Little-endian:
 *   0  "BR", version, bytes of an id (2 or 4), dimensions (uint16), bits of a code (2), 0
 *   8  tokens (uint32), rows (uint32)
 *  16  the mean's scale (float32), CRC-32 of all that follows and of the 20 bytes before (uint32)
 *  24  mean (int8, dimensions), scales (float32, rows), ids (tokens), which tokens begin a row (a bit a token), codes
 */
const HEADER = 24;
const CHECKSUM = 20;
const [B, R, VERSION, BITS] = [0x42, 0x52, 1, 2];

/** Bytes of a text's kept rows. */
export function keptBytes(tokens: number, rows: number, dimensions: number, idBytes: 2 | 4): number {
  return HEADER + dimensions + 4 * rows + idBytes * tokens + Math.ceil(tokens / 8) + rows * packedBytes(dimensions);
}

export function writeKept({ dimensions, ids, starts, mean, meanScale, scales, codes }: KeptRows): Uint8Array {
  const [tokens, rows] = [ids.length, starts.length];
  const idBytes = ids.every((id) => id < 2 ** 16) ? 2 : 4;
  const bytes = new Uint8Array(keptBytes(tokens, rows, dimensions, idBytes));
  const view = new DataView(bytes.buffer);
  bytes.set([B, R, VERSION, idBytes]);
  view.setUint16(4, dimensions, true);
  bytes[6] = BITS;
  view.setUint32(8, tokens, true);
  view.setUint32(12, rows, true);
  view.setFloat32(16, meanScale, true);
  let at = HEADER;
  bytes.set(new Uint8Array(mean.buffer, mean.byteOffset, dimensions), at);
  at += dimensions;
  for (const scale of scales) {
    view.setFloat32(at, scale, true);
    at += 4;
  }
  for (const id of ids) {
    if (idBytes === 2) view.setUint16(at, id, true);
    else view.setUint32(at, id, true);
    at += idBytes;
  }
  for (const start of starts) bytes[at + (start >> 3)]! |= 1 << (start & 7);
  bytes.set(codes, at + Math.ceil(tokens / 8));
  view.setUint32(CHECKSUM, checksum(bytes), true);
  return bytes;
}

/** The sizes in a buffer's header. */
interface Sizes {
  readonly dimensions: number;
  readonly tokens: number;
  readonly rows: number;
  readonly idBytes: 2 | 4;
}

/** Reads a buffer's header, and checks the checksum of all. @throws BgeError `STORE_CORRUPT` for bytes not made by `writeKept` */
export function readSizes(bytes: Uint8Array): Sizes {
  if (bytes.length < HEADER || bytes[0] !== B || bytes[1] !== R) throw corrupt("they do not begin as such rows do");
  if (bytes[2] !== VERSION) throw corrupt(`they are of version ${bytes[2]}, and this release reads version ${VERSION}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [idBytes, dimensions] = [bytes[3]!, view.getUint16(4, true)];
  const [tokens, rows] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS) throw corrupt(`they are ${dimensions} numbers wide`);
  if ((idBytes !== 2 && idBytes !== 4) || bytes.length !== keptBytes(tokens, rows, dimensions, idBytes)) {
    throw corrupt(`they are ${bytes.length} bytes long, which is not what their header says`);
  }
  if (view.getUint32(CHECKSUM, true) !== checksum(bytes)) throw corrupt("their checksum is wrong");
  return { dimensions, tokens, rows, idBytes };
}

/** @throws BgeError `STORE_CORRUPT` for bytes not made by `writeKept` */
export function readKept(bytes: Uint8Array): KeptRows {
  const { dimensions, tokens, rows, idBytes } = readSizes(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEADER;
  const mean = new Int8Array(bytes.buffer, bytes.byteOffset + at, dimensions);
  at += dimensions;
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) scales[row] = view.getFloat32(at + 4 * row, true);
  at += 4 * rows;
  const ids = new Int32Array(tokens);
  for (let token = 0; token < tokens; token++) {
    const place = at + idBytes * token;
    ids[token] = idBytes === 2 ? view.getUint16(place, true) : view.getUint32(place, true);
  }
  at += idBytes * tokens;
  const starts = new Int32Array(rows);
  let row = 0;
  for (let token = 0; token < tokens; token++) {
    if ((bytes[at + (token >> 3)]! >> (token & 7)) & 1) starts[row++] = token;
  }
  if (row !== rows || (rows > 0 && starts[0] !== 0)) throw corrupt(`they have ${row} rows where ${rows} should be`);
  const codes = bytes.subarray(at + Math.ceil(tokens / 8));
  return { dimensions, ids, starts, mean, meanScale: view.getFloat32(16, true), scales, codes };
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(HEADER), crc32(bytes.subarray(0, CHECKSUM)));
}

export function corrupt(problem: string): BgeError {
  return new BgeError(
    "STORE_CORRUPT",
    `Kept token rows cannot be read: ${problem}. Read the text again, or build the index anew.`,
  );
}
