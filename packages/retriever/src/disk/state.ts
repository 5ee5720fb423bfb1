/** What an index on disk knows of itself as a whole, written with every commit. */
export interface State {
  /** Number of this commit. */
  readonly commit: number;
  /** Number of the last addition or removal. An addition's is the document's `born`. */
  readonly changes: number;
  /** One more than the highest slot ever used. */
  readonly slots: number;
  readonly documents: number;
  /** The next number for an id of a text without one. */
  readonly texts: number;
  /** Bytes of token rows ever written. */
  readonly rowsEnd: number;
  /** Where the words are of documents up to number `merged`; of later ones they are read from their texts. */
  readonly segments: readonly SegmentInfo[];
  readonly nextSegment: number;
  readonly merged: number;
  /** Slots removed up to this number are free: no segment has them. */
  readonly purged: number;
}

export interface SegmentInfo {
  readonly id: number;
  readonly postings: number;
}

export const EMPTY: State = {
  commit: 0,
  changes: 0,
  slots: 0,
  documents: 0,
  texts: 0,
  rowsEnd: 0,
  segments: [],
  nextSegment: 0,
  merged: 0,
  purged: 0,
};
