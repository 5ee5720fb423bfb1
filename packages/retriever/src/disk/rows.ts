import type { RowsPlace } from "./records.js";

/**
 * Bytes of rows in a piece, which with its count and LMDB's header fills a page of 4096. Rows follow one another and are
 * cut where a piece ends: in records of their own they would leave a quarter of the disk empty.
 */
const PIECE = 4070;
/** A piece begins with the number of its bytes that are rows of a document, and is removed when that is none. */
const COUNT = 2;

type Get = (piece: number) => Buffer | undefined;

/** Returns rows, or `undefined` if a piece of them is missing. */
export function readRows({ start, bytes }: RowsPlace, get: Get): Uint8Array | undefined {
  const rows = new Uint8Array(bytes);
  for (let done = 0; done < bytes; ) {
    const from = (start + done) % PIECE;
    const length = Math.min(PIECE - from, bytes - done);
    const piece = get(Math.floor((start + done) / PIECE));
    if (piece === undefined || piece.length < COUNT + from + length) return undefined;
    rows.set(piece.subarray(COUNT + from, COUNT + from + length), done);
    done += length;
  }
  return rows;
}

/** The changes of one commit. */
export interface RowChanges {
  append(rows: Uint8Array): RowsPlace;
  remove(place: RowsPlace): void;
  readonly end: number;
  /** The pieces to write, or to remove where there is nothing. */
  readonly pieces: ReadonlyMap<number, Buffer | undefined>;
}

export function changeRows(oldEnd: number, get: Get): RowChanges {
  const pieces = new Map<number, Buffer | undefined>();
  let end = oldEnd;

  function change(
    start: number,
    bytes: number,
    body: (piece: Buffer, from: number, done: number, length: number) => void,
  ) {
    for (let done = 0; done < bytes; ) {
      const number = Math.floor((start + done) / PIECE);
      const from = (start + done) % PIECE;
      const length = Math.min(PIECE - from, bytes - done);
      const before = pieces.has(number) ? pieces.get(number) : get(number);
      const piece = Buffer.alloc(Math.max(before?.length ?? 0, COUNT + from + length));
      before?.copy(piece);
      body(piece, from, done, length);
      pieces.set(number, piece.readUInt16LE(0) === 0 ? undefined : piece);
      done += length;
    }
  }

  return {
    append(rows) {
      const place = { start: end, bytes: rows.length };
      change(end, rows.length, (piece, from, done, length) => {
        piece.writeUInt16LE(piece.readUInt16LE(0) + length);
        piece.set(rows.subarray(done, done + length), COUNT + from);
      });
      end += rows.length;
      return place;
    },
    remove({ start, bytes }) {
      change(start, bytes, (piece, _, __, length) => {
        piece.writeUInt16LE(Math.max(0, piece.readUInt16LE(0) - length));
      });
    },
    get end() {
      return end;
    },
    pieces,
  };
}
