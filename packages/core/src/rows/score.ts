import { BgeError } from "../api/errors.js";
import { checkSide, type TokenSide } from "./compress.js";
import { type KeptRows, readKept } from "./format.js";
import { codeProducts, floatProducts } from "./kernel.js";
import { type AskedTokens, askedTokens, bestOf } from "./match.js";
import { rotate } from "./rotate.js";

/** A query's rows, prepared for the kernel. */
interface Asked extends AskedTokens {
  readonly dimensions: number;
  /** Its rows as integers; row `q` times `steps[q]` is the original. */
  readonly whole: Int16Array;
  readonly steps: Float64Array;
}

/**
 * Late interaction of one query with texts whose rows were kept: for each text, what `bestMatches` gives for its rows, to
 * be weighted by `scoresByCandidates`. A hundred texts of 180 tokens take about 5 ms of the calling thread. The result is
 * the same on every processor.
 *
 * @param query its rows and ids, without [CLS]
 * @param documents results of `compressRows`
 * @param special ids of special tokens, which get no bonus
 * @throws BgeError `STORE_CORRUPT` naming the first unreadable document; `INVALID_INPUT` for the query
 */
export function scoreRows(
  query: TokenSide,
  documents: readonly Uint8Array[],
  dimensions: number,
  special: ReadonlySet<number>,
): Float32Array[] {
  checkSide(query, dimensions);
  const asked: Asked = {
    ...askedTokens(query.ids, special),
    dimensions,
    ...inWhole(query, dimensions),
  };
  const kept = documents.map((bytes, index) => readAt(bytes, index, dimensions));
  const { values, stride } = floatProducts(meansOf(kept, dimensions), query.rows, dimensions);
  // The kernel's next result overwrites this one.
  const means = values.slice();
  return kept.map((one, i) => matches(asked, one, means.subarray(i * stride, (i + 1) * stride)));
}

function matches(asked: Asked, { codes, scales, ids, starts }: KeptRows, means: Float32Array): Float32Array {
  const { values, stride } = codeProducts(codes, asked.whole, asked.dimensions);
  const cosines = new Float32Array(values.length);
  const count = asked.ids.length;
  for (let row = 0; row < scales.length; row++) {
    const scale = scales[row]!;
    for (let q = 0; q < count; q++) {
      const at = row * stride + q;
      cosines[at] = means[q]! + scale * asked.steps[q]! * values[at]!;
    }
  }
  const out = new Float32Array(2 * count);
  bestOf(cosines, stride, asked, { ids, starts }, out);
  return out;
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
    if (!(error instanceof BgeError)) throw error;
    throw new BgeError(error.code, `${error.message} (index ${index})`, { parameter: "documents", indices: [index] });
  }
  const problem = `Kept token rows are not ${dimensions} numbers wide, as the query's are (index ${index}): another model has read that text.`;
  throw new BgeError("MODEL_MISMATCH", problem, { parameter: "documents", indices: [index] });
}
