import type { EngineCall } from "../engine/pool.js";
import type { TokenSide } from "../rows/compress.js";
import { SAME_PIECE } from "../rows/match.js";
import { bestByCandidates, bestByCosine } from "./late-interaction.js";

/** A document's score, and the part of its text that has it. */
export interface Match {
  readonly score: number;
  /** Where the best window starts and ends in the text, in UTF-16 units as in `slice`. */
  readonly start: number;
  readonly end: number;
}

/** How late interaction scores a document. */
export interface Matching {
  readonly dimensions: number;
  /** `bestByCandidates`, with the bonus for the same word piece; else `bestByCosine`. */
  readonly byCandidates: boolean;
}

/** Scores documents, given by the rows of their windows, in a worker. A document's score is its best window's. */
export async function matchWindows(
  call: EngineCall,
  side: TokenSide,
  documents: readonly Uint8Array[],
  { dimensions, byCandidates }: Matching,
): Promise<Match[]> {
  if (documents.length === 0) return [];
  const bonus = byCandidates ? SAME_PIECE : 0;
  const { rows, ids } = side;
  const { numbers, places } = await call.run({ type: "match", rows, ids, dimensions, documents, bonus });
  const width = 2 * ids.length;
  const windows = documents.map((): { numbers: Float32Array; start: number; end: number }[] => []);
  for (let i = 0; 3 * i < places.length; i++) {
    const [document, start, end] = places.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    windows[document]!.push({ numbers: numbers.subarray(i * width, (i + 1) * width), start, end });
  }
  const best = byCandidates ? bestByCandidates : bestByCosine;
  return best(windows.map((own) => own.map((window) => window.numbers))).map(({ score, window }, i) => {
    const { start, end } = windows[i]![window]!;
    return { score, start, end };
  });
}
