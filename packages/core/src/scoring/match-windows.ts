import type { EngineCall } from "../engine/pool.js";
import type { TokenSide } from "../rows/compress.js";
import { SAME_PIECE } from "../rows/match.js";
import { bestBy, evenWeights, weightsByCandidates } from "./late-interaction-scores.js";

/** A document's score, and the part of its text that has it. */
export interface Match {
  readonly score: number;
  /** Where the best window starts and ends in the text, in UTF-16 units as in `slice`. */
  readonly start: number;
  readonly end: number;
  /** Of the query's rows, the same for all documents of one call. */
  readonly weights: readonly number[];
}

/** How late interaction scores a document. */
export interface Matching {
  readonly dimensions: number;
  /** `weightsByCandidates`, with the bonus for the same word piece; else even weights. */
  readonly byCandidates: boolean;
}

/** A window of a document, and what `bestMatches` gives for it. */
export interface MatchedWindow {
  readonly numbers: Float32Array;
  readonly start: number;
  readonly end: number;
}

/** Compares a query with documents, given by the rows of their windows, in a worker. */
export async function matchWindows(
  call: EngineCall,
  { rows, ids }: TokenSide,
  documents: readonly Uint8Array[],
  { dimensions, byCandidates }: Matching,
): Promise<MatchedWindow[][]> {
  if (documents.length === 0) return [];
  const bonus = byCandidates ? SAME_PIECE : 0;
  const { numbers, places } = await call.run({ type: "match", rows, ids, dimensions, documents, bonus });
  const width = 2 * ids.length;
  const windows = documents.map((): MatchedWindow[] => []);
  for (let i = 0; 3 * i < places.length; i++) {
    const [document, start, end] = [places[3 * i]!, places[3 * i + 1]!, places[3 * i + 2]!];
    windows[document]!.push({ numbers: numbers.subarray(i * width, (i + 1) * width), start, end });
  }
  return windows;
}

/** Scores documents by their best windows. */
export function bestMatchOf(documents: readonly (readonly MatchedWindow[])[], { byCandidates }: Matching): Match[] {
  const windows = documents.map((own) => own.map(({ numbers }) => numbers));
  if (windows.length === 0) return [];
  const weights = byCandidates ? weightsByCandidates(windows) : evenWeights(windows);
  return bestBy(windows, weights).map(({ score, window }, i) => {
    const { start, end } = documents[i]![window]!;
    return { score, start, end, weights };
  });
}
