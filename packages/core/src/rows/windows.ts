import { crc32 } from "node:zlib";
import { BgeError } from "../api/errors.js";
import { corrupt, readSizes } from "./format.js";

/** A part of a text that was read by itself. */
export interface TextWindow {
  /** Where it is in the text, in UTF-16 units as in `slice`. */
  readonly start: number;
  readonly end: number;
  /** Its rows, by `compressRows`. */
  readonly rows: Uint8Array;
}

/** A text that was read, in one or more windows. */
export interface TextWindows {
  /** Tokens of the text, special ones included, and how many of them are in its windows. */
  readonly tokens: number;
  readonly kept: number;
  readonly windows: readonly TextWindow[];
}

/*
 * Little-endian, uint32 but for the first four bytes:
 *   0  "BW", version, 0
 *   4  windows, tokens of the text, how many of them were read
 *  16  CRC-32 of the 16 bytes before and of the table
 *  20  the table: start, end and bytes of each window
 *      the rows, one window after the other
 */
const CHECKSUM = 16;
const TABLE = 20;
const ENTRY = 12;
const [B, W, VERSION] = [0x42, 0x57, 1];

/** Writes a text's windows into one buffer. */
export function joinWindows({ tokens, kept, windows }: TextWindows): Uint8Array {
  const table = TABLE + ENTRY * windows.length;
  const bytes = new Uint8Array(windows.reduce((sum, { rows }) => sum + rows.length, table));
  const view = new DataView(bytes.buffer);
  const write = (at: number, values: readonly number[]) => {
    for (const [i, value] of values.entries()) view.setUint32(at + 4 * i, value, true);
  };
  bytes.set([B, W, VERSION]);
  write(4, [windows.length, tokens, kept]);
  let at = table;
  for (const [i, { start, end, rows }] of windows.entries()) {
    write(TABLE + ENTRY * i, [start, end, rows.length]);
    bytes.set(rows, at);
    at += rows.length;
  }
  write(CHECKSUM, [checksum(bytes, table)]);
  return bytes;
}

/**
 * Returns views of a text's windows. Their rows have checksums of their own, which are not looked at here.
 *
 * @throws BgeError `STORE_CORRUPT` for bytes not made by `joinWindows`
 */
export function splitWindows(bytes: Uint8Array): TextWindows {
  if (bytes.length < TABLE || bytes[0] !== B || bytes[1] !== W) throw corrupt("they do not begin as such rows do");
  if (bytes[2] !== VERSION) throw corrupt(`they are of version ${bytes[2]}, and this release reads version ${VERSION}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (at: number) => view.getUint32(at, true);
  const [count, tokens, kept] = [read(4), read(8), read(12)];
  if (count === 0) throw corrupt("they are of no window");
  const table = TABLE + ENTRY * count;
  if (bytes.length < table || read(CHECKSUM) !== checksum(bytes, table)) {
    throw corrupt("their checksum is wrong");
  }
  let at = table;
  const windows = Array.from({ length: count }, (_, i) => {
    const entry = TABLE + ENTRY * i;
    const rows = bytes.subarray(at, at + read(entry + 8));
    at += read(entry + 8);
    return { start: read(entry), end: read(entry + 4), rows };
  });
  if (at !== bytes.length) throw corrupt(`they are ${bytes.length} bytes long, and their windows ${at}`);
  return { tokens, kept, windows };
}

function checksum(bytes: Uint8Array, table: number): number {
  return crc32(bytes.subarray(TABLE, table), crc32(bytes.subarray(0, CHECKSUM)));
}

/** True for bytes made by `joinWindows` of rows of this width, none of them changed. */
export function isIntact(bytes: Uint8Array, dimensions: number): boolean {
  try {
    for (const { rows } of splitWindows(bytes).windows) if (readSizes(rows).dimensions !== dimensions) return false;
    return true;
  } catch (error) {
    if (error instanceof BgeError) return false;
    throw error;
  }
}

/** The same error, of the text at this index. */
export function ofText(error: unknown, index: number): unknown {
  if (!(error instanceof BgeError)) return error;
  return new BgeError(error.code, `${error.message} (index ${index})`, { parameter: "documents", indices: [index] });
}
