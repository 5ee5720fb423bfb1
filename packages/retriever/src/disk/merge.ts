import { createWordIndex } from "../postings.js";
import { createSlices } from "../slices.js";
import { type Block, blockKey, segmentOf } from "./blocks.js";
import type { Environment } from "./environment.js";
import type { Memory } from "./follow.js";
import { blocksOfIndex, blocksOfSegments } from "./segments.js";
import type { SegmentInfo, State } from "./state.js";
import { type Change, write } from "./writer.js";

/** Recent documents are in memory by their words until there are so many of them, or of their postings. */
const RECENT_CHANGES = 4096;
const RECENT_POSTINGS = 2 ** 19;
/** Fewer are left to the next process, which reads their words again. */
const RECENT_LEFT = 512;
/** So many segments of about the same size become one, eight times as large. */
const FANOUT = 8;
/** Blocks written or removed in a transaction. */
const BLOCKS = 256;

export function isRecentFull({ state, recent }: Memory): boolean {
  return state.changes - state.merged >= RECENT_CHANGES || recent.size >= RECENT_POSTINGS;
}

/** True if opening the index would take noticeably longer for them: a millisecond for some ten documents. */
export function isRecentLong({ state }: Memory): boolean {
  return state.changes - state.merged >= RECENT_LEFT;
}

/** Called with each new state, so that the next commit can depend on it. */
type Tell = (memory: Memory) => void;

/** Writes the words of recent documents into a segment of their own. */
export async function mergeRecent(environment: Environment, before: Memory, tell: Tell): Promise<Memory> {
  const { table, recent } = before;
  const isKept = (slot: number) => table.born[slot]! > 0;
  const merged = before.state.changes;
  const written = await writeSegment(environment, before, blocksOfIndex(recent, isKept, createSlices()), tell);
  const { state, segment } = written;
  const segments = segment.postings === 0 ? state.segments : [...state.segments, segment];
  const after = await write(environment, state, [], { ...state, segments, nextSegment: segment.id + 1, merged });
  const memory = { table, state: after, recent: createWordIndex() };
  tell(memory);
  return memory;
}

/** Merges segments of the same size for as long as there are enough. */
export async function mergeAlike(environment: Environment, before: Memory, tell: Tell): Promise<Memory> {
  let memory = before;
  for (;;) {
    const levels = new Map<number, SegmentInfo[]>();
    for (const segment of memory.state.segments) {
      const level = levelOf(segment);
      levels.set(level, [...(levels.get(level) ?? []), segment]);
    }
    const alike = [...levels.values()].find(({ length }) => length >= FANOUT);
    if (alike === undefined) return memory;
    memory = await mergeInto(environment, memory, alike, memory.state.purged, tell);
  }
}

/** Drops the words of removed documents everywhere: then their slots are free. */
export async function purge(environment: Environment, before: Memory, tell: Tell): Promise<Memory> {
  const memory = await mergeRecent(environment, before, tell);
  return mergeInto(environment, memory, memory.state.segments, memory.state.changes, tell);
}

async function mergeInto(
  environment: Environment,
  before: Memory,
  old: readonly SegmentInfo[],
  purged: number,
  tell: Tell,
): Promise<Memory> {
  const { table } = before;
  const isKept = (slot: number) => table.born[slot]! > 0;
  const blocks = blocksOfSegments(environment.words, old, isKept, createSlices());
  const { state, segment } = await writeSegment(environment, before, blocks, tell);
  const rest = state.segments.filter((one) => !old.includes(one));
  const segments = segment.postings === 0 ? rest : [...rest, segment];
  const swapped = await write(environment, state, [], { ...state, segments, nextSegment: segment.id + 1, purged });
  tell({ ...before, state: swapped });
  const after = await dropSegments(environment, { ...before, state: swapped }, tell);
  return after;
}

/** Removes the blocks of segments that are not in use: merged ones, and those that a dying process left unfinished. */
export async function dropSegments(environment: Environment, before: Memory, tell: Tell): Promise<Memory> {
  const { words } = environment;
  const used = new Set(before.state.segments.map(({ id }) => id));
  let memory = before;
  let id = 0;
  for (;;) {
    const keys = [...words.getKeys({ start: blockKey(id, ""), limit: BLOCKS })];
    const [first] = keys;
    if (first === undefined) return memory;
    id = segmentOf(first);
    if (used.has(id)) {
      id++;
      continue;
    }
    const own = keys.filter((key) => segmentOf(key) === id);
    const changes = own.map((key): Change => ({ table: words, key, value: undefined }));
    memory = { ...memory, state: await write(environment, memory.state, changes, memory.state) };
    tell(memory);
  }
}

async function writeSegment(
  environment: Environment,
  before: Memory,
  blocks: AsyncIterable<Block & { readonly postings: number }>,
  tell: Tell,
): Promise<{ readonly state: State; readonly segment: SegmentInfo }> {
  const id = before.state.nextSegment;
  let { state } = before;
  // A merge that failed may have left some of its blocks.
  const [left] = environment.words.getKeys({ start: blockKey(id, ""), limit: 1 });
  if (left !== undefined) ({ state } = await dropSegments(environment, before, tell));
  let postings = 0;
  let changes: Change[] = [];
  for await (const block of blocks) {
    postings += block.postings;
    changes.push({ table: environment.words, key: blockKey(id, block.first), value: block.bytes, append: true });
    if (changes.length < BLOCKS) continue;
    state = await write(environment, state, changes, state);
    tell({ ...before, state });
    changes = [];
  }
  if (changes.length > 0) {
    state = await write(environment, state, changes, state);
    tell({ ...before, state });
  }
  return { state, segment: { id, postings } };
}

function levelOf({ postings }: SegmentInfo): number {
  return Math.max(0, Math.floor(Math.log(postings / RECENT_POSTINGS) / Math.log(FANOUT)) + 1);
}
