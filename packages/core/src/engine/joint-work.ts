import type { Computed, Encoded, Result, SentWork, TokenRows, Work } from "../protocol.js";
import { inputsOf, rowsSize } from "../protocol.js";

/** How a piece of work may be done together with other calls' work: only with work of the same key. */
export interface Sharing {
  readonly key: string;
  /** For token rows: how long the shortest must be, as a share of the longest, for padding costs as much as text. */
  readonly fill: number;
}

/** What a job's rows were part of. */
export interface SharedRun {
  /** Rows and tokens of all jobs, and the tokens of the longest row. */
  readonly inputs: number;
  readonly tokens: number;
  readonly longest: number;
  /** True for one of its jobs. */
  readonly leads: boolean;
}

/** Returns how work may be shared. `fill` as in `RunOptions`. */
export function sharingOf(work: Work, fill: number | undefined): Sharing | undefined {
  // The ids of a pair's query would be compared each time.
  if (work.type === "encode" && work.encoding.form !== "pair") return { key: JSON.stringify(work.encoding), fill: 0 };
  if (work.type !== "run" || fill === undefined || work.heads.some((head) => "query" in head)) return undefined;
  return { key: JSON.stringify([fill, work.heads]), fill };
}

/** True if rows may be padded to one another: the most tokens that they may then have, and how much of them may be padding. */
export function fit(rows: RowsShape, fill: number, maxTokens: number): boolean {
  return rows.count * rows.longest <= maxTokens && rows.shortest >= fill * rows.longest;
}

export interface RowsShape {
  readonly count: number;
  readonly longest: number;
  readonly shortest: number;
}

export function shapeOf(work: Work): RowsShape {
  const lengths = work.type === "run" ? work.rows.lengths : [];
  return { count: lengths.length, longest: Math.max(...lengths), shortest: Math.min(...lengths) };
}

/** Makes one piece of work of several that may be shared. */
export function joinWork(works: readonly SentWork[]): SentWork {
  const [first] = works as [SentWork];
  const timed = works.some((work) => work.timed) ? { timed: true as const } : {};
  if (first.type === "run") {
    return { ...first, ...timed, rows: joinRows(works.map((work) => (work as typeof first).rows)) };
  }
  if (first.type === "encode") {
    return { ...first, ...timed, texts: works.flatMap((work) => (work as typeof first).texts) };
  }
  throw new Error(`Work of type ${first.type} is not shared. This is a bug.`);
}

function joinRows(all: readonly TokenRows[]): TokenRows {
  return {
    ids: joinInts(all.map(({ ids }) => ids)),
    lengths: joinInts(all.map(({ lengths }) => lengths)),
    seconds: joinInts(all.map(({ seconds }) => seconds)),
  };
}

export function joinInts(arrays: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** Divides the result of joined work among its parts. Their arrays are views. */
export function splitResult(works: readonly Work[], result: Result<Work>): Result<Work>[] {
  let row = 0;
  let at = 0;
  return works.map((work) => {
    const [firstRow, start] = [row, at];
    row += inputsOf(work);
    if (work.type === "run") {
      at += work.rows.lengths.reduce((sum, length) => sum + rowsSize(work.heads, length), 0);
      return computedPart(result as Computed, firstRow, row, start, at);
    }
    const { rows, totals } = result as Encoded;
    at += rows.lengths.subarray(firstRow, row).reduce((sum, length) => sum + length, 0);
    return {
      rows: {
        ids: rows.ids.subarray(start, at),
        lengths: rows.lengths.subarray(firstRow, row),
        seconds: rows.seconds.subarray(firstRow, row),
      },
      totals: totals.subarray(firstRow, row),
    };
  });
}

function computedPart({ data, faulty, keptRows }: Computed, row: number, rowEnd: number, from: number, to: number) {
  return {
    data: data.subarray(from, to),
    faulty: faulty.filter((index) => index >= row && index < rowEnd).map((index) => index - row),
    ...(keptRows === undefined ? {} : { keptRows: keptRows.slice(row, rowEnd) }),
  };
}
