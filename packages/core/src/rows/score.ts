import { BgeError } from "../api/errors.js";
import { checkSide, type TokenSide } from "./compress.js";
import { type KeptRows, readKept } from "./format.js";
import { codeProducts, floatProducts } from "./kernel.js";
import { askedTokens, bestOf, type MatchedTokens } from "./match.js";
import { rotate } from "./rotate.js";
import { ofText, splitWindows } from "./windows.js";

/** A query's rows, prepared for the kernel. */
interface Asked {
  readonly dimensions: number;
  /** Its rows as integers; row `q` times `steps[q]` is the original. */
  readonly whole: Int16Array;
  readonly steps: Float64Array;
}

/** The numbers of several texts' windows. */
export interface WindowMatches {
  /** What `scoreRows` gives for each window, one after the other. */
  readonly numbers: Float32Array;
  /** Of each window: the index of its text, and where it starts and ends there. */
  readonly places: Int32Array;
}

/**
 * Late interaction of one query with texts that were read in windows: `scoreRows` for each window.
 *
 * @param documents results of `joinWindows`
 * @param bonus for a row that stands for the same token
 * @throws BgeError as `scoreRows`
 */
export function scoreWindows(
  query: TokenSide,
  documents: readonly Uint8Array[],
  dimensions: number,
  special: ReadonlySet<number>,
  bonus?: number,
): WindowMatches {
  const windows = documents.flatMap((bytes, index) => {
    try {
      return splitWindows(bytes).windows.map((window) => ({ ...window, index }));
    } catch (error) {
      throw ofText(error, index);
    }
  });
  const indices = windows.map(({ index }) => index);
  const rows = windows.map((window) => window.rows);
  const scored = scoreRows(query, rows, dimensions, special, { indices, bonus });
  const numbers = new Float32Array(2 * query.ids.length * windows.length);
  for (const [i, own] of scored.entries()) numbers.set(own, i * own.length);
  return { numbers, places: Int32Array.from(windows.flatMap(({ index, start, end }) => [index, start, end])) };
}

/**
 * Late interaction of one query with texts whose rows were kept: for each text, what `bestMatches` gives for its rows, to
 * be weighted by `scoresByCandidates`. A hundred texts of 180 tokens take about 5 ms of the calling thread. The result is
 * the same on every processor.
 *
 * @param query its rows and ids, without [CLS]
 * @param documents results of `compressRows`
 * @param special ids of special tokens, which get no bonus
 * @param indices of the documents, for errors @default their order
 * @param bonus as in `bestOf`
 * @throws BgeError `STORE_CORRUPT` naming the first unreadable document; `INVALID_INPUT` for the query
 */
export function scoreRows(
  query: TokenSide,
  documents: readonly Uint8Array[],
  dimensions: number,
  special: ReadonlySet<number>,
  { indices, bonus }: { readonly indices?: readonly number[]; readonly bonus?: number | undefined } = {},
): Float32Array[] {
  const asked = askedTokens(query.ids, special);
  const take = ({ tokens, cosines, stride }: Compared) => {
    const out = new Float32Array(2 * query.ids.length);
    bestOf(cosines, stride, asked, tokens, out, bonus);
    return out;
  };
  return compareRows(query, documents, dimensions, take, indices);
}

/** A document's cosines with a query: of its row `r` with the query's row `q` in `cosines[r * stride + q]`. */
export interface Compared {
  readonly tokens: Required<MatchedTokens>;
  readonly cosines: Float32Array;
  readonly stride: number;
}

/**
 * Compares a query with kept rows, and returns what `take` makes of each document's cosines, which are not held together: they take
 * hundreds of megabytes for a long query over long texts. The other parameters and errors are those of `scoreRows`.
 */
export function compareRows<T>(
  query: TokenSide,
  documents: readonly Uint8Array[],
  dimensions: number,
  take: (compared: Compared, index: number) => T,
  indices?: readonly number[],
): T[] {
  checkSide(query, dimensions);
  const asked: Asked = { dimensions, ...inWhole(query, dimensions) };
  const kept = documents.map((bytes, index) => readAt(bytes, indices?.[index] ?? index, dimensions));
  const { values, stride } = floatProducts(meansOf(kept, dimensions), query.rows, dimensions);
  // The kernel's next result overwrites this one.
  const means = values.slice();
  return kept.map((one, i) => take(compare(asked, one, means.subarray(i * stride, (i + 1) * stride)), i));
}

function compare(asked: Asked, { codes, scales, ids, starts }: KeptRows, means: Float32Array): Compared {
  const { values, stride } = codeProducts(codes, asked.whole, asked.dimensions);
  const cosines = new Float32Array(values.length);
  const count = asked.steps.length;
  for (let row = 0; row < scales.length; row++) {
    const scale = scales[row]!;
    for (let q = 0; q < count; q++) {
      const at = row * stride + q;
      cosines[at] = means[q]! + scale * asked.steps[q]! * values[at]!;
    }
  }
  return { tokens: { ids, starts }, cosines, stride };
}

/** Rotates rows like kept ones, and quantizes them to 15 bits and a sign. */
function inWhole({ rows, ids }: TokenSide, dimensions: number): { whole: Int16Array; steps: Float64Array } {
  const whole = new Int16Array(rows.length);
  const steps = new Float64Array(ids.length);
  for (let q = 0; q < ids.length; q++) {
    const row = Float64Array.from(rows.subarray(q * dimensions, (q + 1) * dimensions));
    rotate(row);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    steps[q] = largest / 32_767;
    for (let d = 0; d < dimensions; d++) whole[q * dimensions + d] = Math.round(row[d]! / steps[q]!);
  }
  return { whole, steps };
}

function meansOf(kept: readonly KeptRows[], dimensions: number): Float32Array {
  const means = new Float32Array(kept.length * dimensions);
  for (const [i, { mean, meanScale }] of kept.entries()) {
    for (let d = 0; d < dimensions; d++) means[i * dimensions + d] = mean[d]! * meanScale;
  }
  return means;
}

/** Reads kept rows of this width. */
function readAt(bytes: Uint8Array, index: number, dimensions: number): KeptRows {
  try {
    const kept = readKept(bytes);
    if (kept.dimensions === dimensions) return kept;
  } catch (error) {
    throw ofText(error, index);
  }
  const problem = `Kept token rows are not ${dimensions} numbers wide, as the query's are: another model has read that text.`;
  throw ofText(new BgeError("MODEL_MISMATCH", problem), index);
}
