import type { Batching } from "../api/model.js";
import { fit } from "../engine/joint-work.js";
import type { TokenRows } from "../protocol.js";

/**
 * Padded tokens per run. No run takes much longer than one long text, so a query never waits longer than that; and
 * larger batches are hardly faster on a CPU.
 */
export const MAX_BATCH_TOKENS = 512;
/**
 * A text joins a batch only if it is at least this fraction of the longest text in it: padding costs as much as text.
 */
const MIN_FILL = 0.85;

/** Groups the indices of texts into batches to be run one by one: texts of similar length together, longest first. */
export function planBatches(lengths: ArrayLike<number>, batching: Batching, maxTokens = MAX_BATCH_TOKENS): number[][] {
  const order = Array.from(lengths, (_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  if (batching === "alone") return order.map((index) => [index]);
  const fill = fillOf(batching);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of order) {
    const longest = lengths[batch[0] ?? index]!;
    const fits = fit({ count: batch.length + 1, longest, shortest: lengths[index]! }, fill, maxTokens);
    if (batch.length > 0 && !fits) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** How long the shortest row of a batch must be, as a share of the longest. */
export function fillOf(batching: Exclude<Batching, "alone">): number {
  return batching === "equal-length" ? 1 : MIN_FILL;
}

/** Returns the chosen rows, in the order given. */
export function pickRows(rows: TokenRows, indices: readonly number[]): TokenRows {
  const lengths = Int32Array.from(indices, (index) => rows.lengths[index]!);
  const ids = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  const starts = offsets(rows.lengths);
  let at = 0;
  for (const index of indices) {
    ids.set(rows.ids.subarray(starts[index], starts[index + 1]), at);
    at += rows.lengths[index]!;
  }
  return { ids, lengths, seconds: Int32Array.from(indices, (index) => rows.seconds[index]!) };
}

/** Returns where each row begins, and where the last one ends. */
function offsets(lengths: Int32Array): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  for (const [row, length] of lengths.entries()) starts[row + 1] = starts[row]! + length;
  return starts;
}
