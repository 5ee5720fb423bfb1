/** Writes whole numbers of up to 32 bits, seven bits a byte, the lowest first. */
export interface VarintWriter {
  write(value: number): void;
  /** The bytes so far. A view that the next write may change. */
  bytes(): Buffer;
  clear(): void;
}

const MOST = 5;

export function varintWriter(): VarintWriter {
  let buffer = Buffer.alloc(256);
  let at = 0;
  return {
    write(value) {
      if (at + MOST > buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
      let rest = value;
      while (rest >= 0x80) {
        buffer[at++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      buffer[at++] = rest;
    },
    bytes: () => buffer.subarray(0, at),
    clear() {
      at = 0;
    },
  };
}

/** A place in bytes to read from. Bytes that end too early read as 0. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

export function readVarint(cursor: Cursor): number {
  const { bytes } = cursor;
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[cursor.at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return value;
}
