import type { Slices } from "./slices.js";

/** Slots between looks at the clock. */
const STRETCH = 8192;

/**
 * Returns the slots of the `count` highest scores of at least `least`, best first; ties by ascending `ages`. `accept` is
 * called only for slots that would be among them. Yields to the event loop.
 */
export async function topSlots(
  scores: ArrayLike<number>,
  count: number,
  ages: ArrayLike<number>,
  accept: (slot: number) => boolean,
  slices: Slices,
  least: number = Number.NEGATIVE_INFINITY,
): Promise<number[]> {
  // A heap with the worst slot on top.
  const heap: number[] = [];
  const worse = (a: number, b: number) => scores[a]! < scores[b]! || (scores[a]! === scores[b]! && ages[a]! > ages[b]!);

  if (count === 0) return heap;
  let asked = 0;
  /** No slot with a lower score comes in. */
  let bar = least;
  for (let slot = 0; slot < scores.length; slot++) {
    // What `accept` does is the caller's: the clock is read after every few calls of it.
    if ((slot % STRETCH === 0 || asked === 32) && slices.due()) await slices.next();
    if (asked === 32) asked = 0;
    if (!(scores[slot]! >= bar)) continue;
    const full = heap.length >= count;
    if (full && !worse(heap[0]!, slot)) continue;
    asked++;
    if (!accept(slot)) continue;
    if (full) sink(heap, slot, worse);
    else rise(heap, slot, worse);
    if (heap.length >= count) bar = scores[heap[0]!]!;
  }
  return heap.sort((a, b) => (worse(a, b) ? 1 : -1));
}

type Worse = (a: number, b: number) => boolean;

function rise(heap: number[], slot: number, worse: Worse): void {
  let at = heap.length;
  heap.push(slot);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!worse(slot, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = slot;
}

/** Replaces the top with `slot`. */
function sink(heap: number[], slot: number, worse: Worse): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && worse(heap[child + 1]!, heap[child]!)) child++;
    if (!worse(heap[child]!, slot)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = slot;
}
