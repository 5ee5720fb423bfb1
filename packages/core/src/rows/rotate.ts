/**
 * Applies a fixed rotation that spreads a row's few large numbers over all of them, so that each is about normally
 * distributed, as the code levels assume, whatever the model. Two rounds of random signs, a Hadamard transform in blocks of
 * the largest power of two that divides `dimensions`, and dealing each block's numbers out to all blocks. Part of the
 * format: kept rows are rotated.
 *
 * @param values `dimensions` numbers, which are overwritten
 */
export function rotate(values: Float64Array): void {
  const { block, signs, deal } = planOf(values.length);
  const [first, second] = signs as [Int8Array, Int8Array];
  const dealt = new Float64Array(values.length);
  for (let d = 0; d < values.length; d++) values[d]! *= first[d]!;
  transform(values, block);
  for (let d = 0; d < values.length; d++) dealt[deal[d]!] = values[d]! * second[deal[d]!]!;
  transform(dealt, block);
  for (let d = 0; d < values.length; d++) values[deal[d]!] = dealt[d]! / block;
}

/** Inverse of the rotation. */
export function rotateBack(values: Float64Array): void {
  const { block, signs, deal } = planOf(values.length);
  const [first, second] = signs as [Int8Array, Int8Array];
  const gathered = new Float64Array(values.length);
  for (let d = 0; d < values.length; d++) gathered[d] = values[deal[d]!]!;
  transform(gathered, block);
  for (let d = 0; d < values.length; d++) values[d] = gathered[deal[d]!]! * second[deal[d]!]!;
  transform(values, block);
  for (let d = 0; d < values.length; d++) values[d]! *= first[d]! / block;
}

interface Plan {
  readonly block: number;
  /** Plus or minus one for each number, in each round. */
  readonly signs: readonly Int8Array[];
  /** Where each number goes. */
  readonly deal: Int32Array;
}

const plans = new Map<number, Plan>();

function planOf(dimensions: number): Plan {
  let plan = plans.get(dimensions);
  if (plan === undefined) {
    const block = dimensions & -dimensions;
    const blocks = dimensions / block;
    const chance = bits();
    const signs = [0, 1].map(() => Int8Array.from({ length: dimensions }, () => 1 - 2 * chance()));
    const deal = Int32Array.from({ length: dimensions }, (_, d) => (d % block) * blocks + Math.floor(d / block));
    plan = { block, signs, deal };
    plans.set(dimensions, plan);
  }
  return plan;
}

/** Pseudo-random bits, always the same: the highest of a linear congruential generator (Numerical Recipes). */
function bits(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 31;
  };
}

/**
 * The Hadamard transform of each block, times the root of its length: twice gives the numbers times `block`. Takes two steps at
 * once, to read and write half as often.
 */
function transform(values: Float64Array, block: number): void {
  let quarter = 1;
  for (; 4 * quarter <= block; quarter *= 4) {
    for (let from = 0; from < values.length; from += 4 * quarter) {
      for (let i = from, j = i + quarter, k = j + quarter, l = k + quarter; i < from + quarter; i++, j++, k++, l++) {
        const sum = values[i]! + values[j]!;
        const difference = values[i]! - values[j]!;
        const sumBehind = values[k]! + values[l]!;
        const differenceBehind = values[k]! - values[l]!;
        values[i] = sum + sumBehind;
        values[j] = difference + differenceBehind;
        values[k] = sum - sumBehind;
        values[l] = difference - differenceBehind;
      }
    }
  }
  if (quarter < block) {
    for (let from = 0; from < values.length; from += 2 * quarter) {
      for (let i = from, j = i + quarter; i < from + quarter; i++, j++) {
        const difference = values[i]! - values[j]!;
        values[i]! += values[j]!;
        values[j] = difference;
      }
    }
  }
}
