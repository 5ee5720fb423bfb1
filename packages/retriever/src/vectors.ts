import { growing } from "./growing.js";
import { dotQuantized, type Quantized } from "./quantized.js";
import { createCodes, PAGE } from "./scan.js";
import { createSlices } from "./slices.js";

/** What is kept of a vector in memory. Its low bytes are kept by the store. */
export type ScannedVector = Pick<Quantized, "step" | "high" | "error" | "norm">;

/** Between which numbers the best dot product of each slot's vectors lies; -Infinity for slots without vectors. */
export interface Bounds {
  readonly lower: Float32Array;
  readonly upper: Float32Array;
}

/** Vectors by slot, one or several a slot. */
export interface VectorIndex {
  set(slot: number, vectors: readonly ScannedVector[]): void;
  remove(slot: number): void;
  /**
   * Compares a query with the high bytes of the vectors in the slots that the bounds have. These must be -Infinity before.
   * Yields to the event loop.
   */
  scan(query: Float32Array, bounds: Bounds, signal?: AbortSignal): Promise<void>;
  /** Returns the best dot product of a slot's vectors, whose low bytes are `low`, one after another. */
  exact(query: Float32Array, slot: number, low: Int8Array): number;
}

/** The query's numbers are rounded to this many steps of its length: the sums of the kernel then stay within int32. */
const QUERY_STEPS = 32_767;
/** Over float32's rounding of scales and sums. */
const ROUNDING = 2e-6;
const NONE = -1;

export function createVectorIndex(dimensions: number): VectorIndex {
  const codes = createCodes(dimensions);
  /** By vector: its slot, the slot's next vector, and what it is off by. */
  const owners = growing((length) => new Int32Array(length).fill(NONE));
  const nexts = growing((length) => new Int32Array(length));
  const steps = growing((length) => new Float32Array(length));
  const errors = growing((length) => new Float32Array(length));
  /** By slot: its first vector. */
  const firsts = growing((length) => new Int32Array(length).fill(NONE));
  const free: number[] = [];
  let count = 0;
  let longest = 0;

  function set(slot: number, vectors: readonly ScannedVector[]): void {
    let before = NONE;
    for (const { step, high, error, norm } of vectors) {
      const at = free.pop() ?? count++;
      codes.set(at, high, 256 * step);
      owners.set(at, slot);
      nexts.set(at, NONE);
      steps.set(at, step);
      errors.set(at, error);
      longest = Math.max(longest, norm);
      if (before === NONE) firsts.set(slot, at);
      else nexts.set(before, at);
      before = at;
    }
  }

  function remove(slot: number): void {
    for (let at = firsts.values[slot] ?? NONE; at !== NONE; at = nexts.values[at]!) {
      owners.set(at, NONE);
      free.push(at);
    }
    firsts.set(slot, NONE);
  }

  async function scan(query: Float32Array, { lower, upper }: Bounds, signal?: AbortSignal): Promise<void> {
    const size = lower.length;
    const length = Math.sqrt(query.reduce((sum, value) => sum + value * value, 0));
    const step = length / QUERY_STEPS;
    const rounded = Int16Array.from(query, (value) => (step === 0 ? 0 : Math.round(value / step)));
    const lost = query.reduce((sum, value, d) => sum + (value - step * rounded[d]!) ** 2, 0);
    // By the Cauchy-Schwarz inequality, what the query's rounding changes, and the arithmetic.
    const common = (Math.sqrt(lost) + ROUNDING * length) * longest * 1.01;
    const slices = createSlices(signal);
    signal?.throwIfAborted();
    for (let from = 0; from < count; from += PAGE) {
      if (from > 0 && slices.due()) await slices.next();
      const products = codes.scan(from / PAGE, rounded);
      const to = Math.min(from + PAGE, count);
      const [owner, error] = [owners.values, errors.values];
      for (let at = from; at < to; at++) {
        const slot = owner[at]!;
        if (slot < 0 || slot >= size) continue;
        const product = step * products[at - from]!;
        const off = error[at]! * length + common;
        if (product + off > upper[slot]!) upper[slot] = product + off;
        if (product - off > lower[slot]!) lower[slot] = product - off;
      }
    }
  }

  function exact(query: Float32Array, slot: number, low: Int8Array): number {
    let best = Number.NEGATIVE_INFINITY;
    let lowAt = 0;
    for (let at = firsts.values[slot] ?? NONE; at !== NONE; at = nexts.values[at]!) {
      const dot = codes.read(at, (high, from) => dotQuantized(query, steps.values[at]!, high, from, low, lowAt));
      if (dot > best) best = dot;
      lowAt += dimensions;
    }
    return best;
  }

  return { set, remove, scan, exact };
}
