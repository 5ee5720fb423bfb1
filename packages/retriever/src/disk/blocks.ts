import { createHash } from "node:crypto";
import { readVarint, type VarintWriter, varintWriter } from "./varint.js";

/** Bytes of a block: two fit into a page of LMDB. A word with more postings has a block of its own. */
const BLOCK = 1950;
/** Longer words are kept by their beginning and a hash. */
const LONGEST_WORD = 100;

/** A word as segments have it. */
export function termOf(word: string): string {
  if (word.length <= LONGEST_WORD) return word;
  const hash = createHash("sha256").update(word).digest("hex");
  return `${word.slice(0, LONGEST_WORD - hash.length)}${hash}`;
}

/** The key of a segment's block by its first word. Keys are ordered as JavaScript orders strings: by their UTF-16. */
export function blockKey(segment: number, word: string): Buffer {
  const key = Buffer.alloc(4 + 2 * word.length);
  key.writeUInt32BE(segment);
  for (let i = 0; i < word.length; i++) key.writeUInt16BE(word.charCodeAt(i), 4 + 2 * i);
  return key;
}

export function segmentOf(key: Buffer): number {
  return key.readUInt32BE(0);
}

/** A word's postings: slots and counts, alternating, by ascending slot. */
export interface TermPostings {
  readonly term: string;
  readonly postings: ArrayLike<number>;
}

export interface Block {
  readonly first: string;
  readonly bytes: Buffer;
}

/*
 * A block is words in order: the bytes of the word in UTF-16 and the word, the number of its postings, their bytes, and
 * for each the slot less the one before, and the count. All numbers are varints.
 */

/** Packs words, which must come in order, into blocks. */
export interface BlockWriter {
  /** Returns a block that is full, if there is one. */
  add(entry: TermPostings): Block | undefined;
  /** Returns the last block, if there is one. */
  end(): Block | undefined;
}

export function blockWriter(): BlockWriter {
  const head = varintWriter();
  const body = varintWriter();
  let parts: Buffer[] = [];
  let size = 0;
  let first = "";

  function end(): Block | undefined {
    if (parts.length === 0) return undefined;
    const block = { first, bytes: Buffer.concat(parts) };
    parts = [];
    size = 0;
    return block;
  }

  return {
    add({ term, postings }) {
      const bytes = encode(term, postings, head, body);
      const full = size > 0 && size + bytes.length > BLOCK ? end() : undefined;
      if (size === 0) first = term;
      parts.push(bytes);
      size += bytes.length;
      return full;
    },
    end,
  };
}

function encode(term: string, postings: ArrayLike<number>, head: VarintWriter, body: VarintWriter): Buffer {
  body.clear();
  let before = 0;
  for (let i = 0; i < postings.length; i += 2) {
    body.write(postings[i]! - before);
    body.write(postings[i + 1]!);
    before = postings[i]!;
  }
  const word = Buffer.from(term, "utf16le");
  const own = body.bytes();
  head.clear();
  head.write(word.length);
  const length = Buffer.from(head.bytes());
  head.clear();
  head.write(postings.length / 2);
  head.write(own.length);
  return Buffer.concat([length, word, head.bytes(), own]);
}

/** A word of a block whose postings are not read yet. */
export interface RawTerm {
  readonly term: string;
  readonly count: number;
  readonly bytes: Buffer;
}

export function* readBlock(block: Buffer): Generator<RawTerm, void, undefined> {
  const cursor = { bytes: block, at: 0 };
  while (cursor.at < block.length) {
    const length = readVarint(cursor);
    const term = block.toString("utf16le", cursor.at, cursor.at + length);
    cursor.at += length;
    const count = readVarint(cursor);
    const bytes = readVarint(cursor);
    yield { term, count, bytes: block.subarray(cursor.at, cursor.at + bytes) };
    cursor.at += bytes;
  }
}

/** Finds a word in a block, without reading the others'. */
export function findTerm(block: Buffer, term: string): RawTerm | undefined {
  const word = Buffer.from(term, "utf16le");
  const cursor = { bytes: block, at: 0 };
  while (cursor.at < block.length) {
    const length = readVarint(cursor);
    const isIt = length === word.length && word.equals(block.subarray(cursor.at, cursor.at + length));
    cursor.at += length;
    const count = readVarint(cursor);
    const bytes = readVarint(cursor);
    if (isIt) return { term, count, bytes: block.subarray(cursor.at, cursor.at + bytes) };
    cursor.at += bytes;
  }
  return undefined;
}

/** Postings that are decoded at once, in a fraction of a millisecond. */
const STRETCH = 8192;

/** Reads a word's postings, in parts. */
export function* readPostings({ count, bytes }: RawTerm): Generator<Uint32Array, void, undefined> {
  const cursor = { bytes, at: 0 };
  let slot = 0;
  for (let done = 0; done < count; done += STRETCH) {
    const part = new Uint32Array(2 * Math.min(STRETCH, count - done));
    for (let i = 0; i < part.length; i += 2) {
      slot += readVarint(cursor);
      part[i] = slot;
      part[i + 1] = readVarint(cursor);
    }
    yield part;
  }
}
