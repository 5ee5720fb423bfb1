import type { Transaction } from "lmdb";
import type { Postings, WordIndex } from "../postings.js";
import type { Slices } from "../slices.js";
import {
  type Block,
  blockKey,
  blockWriter,
  findTerm,
  type RawTerm,
  readBlock,
  readPostings,
  segmentOf,
  termOf,
} from "./blocks.js";
import type { Environment } from "./environment.js";
import type { SegmentInfo } from "./state.js";

type Words = Environment["words"];

/** Returns a word's postings in a segment, in parts. */
export function* postingsIn(
  words: Words,
  { id }: SegmentInfo,
  word: string,
  transaction: Transaction,
): Generator<Postings, void, undefined> {
  const term = termOf(word);
  const [block] = words.getRange({ start: blockKey(id, term), reverse: true, limit: 1, transaction });
  if (block === undefined || segmentOf(block.key) !== id) return;
  const entry = findTerm(block.value, term);
  // A copy: LMDB's own may change when the reader waits.
  if (entry !== undefined) yield* readPostings({ ...entry, bytes: Buffer.from(entry.bytes) });
}

/** Packs the words of an index in memory into blocks. `isKept` is asked for every slot. */
export async function* blocksOfIndex(
  index: WordIndex,
  isKept: (slot: number) => boolean,
  slices: Slices,
): AsyncGenerator<Block & { readonly postings: number }, void, undefined> {
  const writer = blockWriter();
  let count = 0;
  for await (const word of inOrder(index, slices)) {
    const postings = index.get(word.word)!;
    const kept = keptPairs(postings, isKept);
    if (kept.length === 0) continue;
    count += kept.length / 2;
    const block = writer.add({ term: word.term, postings: kept });
    if (block === undefined) continue;
    yield { ...block, postings: count };
    count = 0;
  }
  const last = writer.end();
  if (last !== undefined) yield { ...last, postings: count };
}

interface Term {
  readonly word: string;
  readonly term: string;
}

/** All words in the order of their terms. Sorted by what they begin with, so that no sort takes long. */
async function* inOrder(index: WordIndex, slices: Slices): AsyncGenerator<Term, void, undefined> {
  const groups = new Map<string, Term[]>();
  for (const word of index.words()) {
    const term = termOf(word);
    const start = term.slice(0, 2);
    const group = groups.get(start);
    if (group === undefined) groups.set(start, [{ word, term }]);
    else group.push({ word, term });
    if (slices.due()) await slices.next();
  }
  for (const start of [...groups.keys()].sort()) {
    for (const one of groups.get(start)!.sort((a, b) => (a.term < b.term ? -1 : 1))) {
      yield one;
      if (slices.due()) await slices.next();
    }
  }
}

/** Packs the words of several segments into blocks of one. */
export async function* blocksOfSegments(
  words: Words,
  segments: readonly SegmentInfo[],
  isKept: (slot: number) => boolean,
  slices: Slices,
): AsyncGenerator<Block & { readonly postings: number }, void, undefined> {
  const heads = segments.map(({ id }) => ({ terms: termsOf(words, id), next: undefined as RawTerm | undefined }));
  const advance = (head: (typeof heads)[number]) => {
    head.next = head.terms.next().value ?? undefined;
  };
  for (const head of heads) advance(head);
  const writer = blockWriter();
  let count = 0;
  for (;;) {
    if (slices.due()) await slices.next();
    let term: string | undefined;
    for (const { next } of heads) if (next !== undefined && (term === undefined || next.term < term)) term = next.term;
    if (term === undefined) break;
    const lists: number[][] = [];
    for (const head of heads) {
      if (head.next?.term !== term) continue;
      const list: number[] = [];
      for (const part of readPostings(head.next)) {
        for (let i = 0; i < part.length; i += 2) if (isKept(part[i]!)) list.push(part[i]!, part[i + 1]!);
        if (slices.due()) await slices.next();
      }
      lists.push(list);
      advance(head);
    }
    const postings = await mergePairs(lists, slices);
    if (postings.length === 0) continue;
    count += postings.length / 2;
    const block = writer.add({ term, postings });
    if (block === undefined) continue;
    yield { ...block, postings: count };
    count = 0;
  }
  const last = writer.end();
  if (last !== undefined) yield { ...last, postings: count };
}

/** Reads a segment block by block, each by a look-up of its own: the reader may wait between them. */
function* termsOf(words: Words, id: number): Generator<RawTerm, void, undefined> {
  let key = blockKey(id, "");
  for (let exclusive = false; ; exclusive = true) {
    const [block] = words.getRange({ start: key, exclusiveStart: exclusive, limit: 1 });
    if (block === undefined || segmentOf(block.key) !== id) return;
    key = Buffer.from(block.key);
    yield* readBlock(Buffer.from(block.value));
  }
}

function keptPairs(postings: Postings, isKept: (slot: number) => boolean): number[] {
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < postings.length; i += 2) if (isKept(postings[i]!)) pairs.push([postings[i]!, postings[i + 1]!]);
  // Slots are reused in any order.
  return pairs.sort(([a], [b]) => a - b).flat();
}

/** Pairs merged between looks at the clock. */
const STRETCH = 4096;

/** Merges lists of pairs that are each in order. */
async function mergePairs(lists: readonly number[][], slices: Slices): Promise<number[]> {
  if (lists.length === 1) return lists[0]!;
  const places = lists.map(() => 0);
  const merged: number[] = [];
  for (let done = 1; ; done++) {
    let least = -1;
    for (let i = 0; i < lists.length; i++) {
      const place = places[i]!;
      if (place === lists[i]!.length) continue;
      if (least < 0 || lists[i]![place]! < lists[least]![places[least]!]!) least = i;
    }
    if (least < 0) return merged;
    const place = places[least]!;
    merged.push(lists[least]![place]!, lists[least]![place + 1]!);
    places[least] = place + 2;
    if (done % STRETCH === 0 && slices.due()) await slices.next();
  }
}
