/** Arrays for the scores of one search, kept for the next: at a million documents they are 16 MB each time. */
export interface Scratch {
  /** Zeros. */
  readonly scores: Float64Array;
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  /** The bounds begin at -Infinity. */
  release(): void;
}

/** How many to keep: as many as searches usually run at once. */
const KEPT = 2;
const STEP = 65_536;

interface Arrays {
  readonly capacity: number;
  readonly scores: Float64Array;
  readonly lower: Float32Array;
  readonly upper: Float32Array;
}

/** Lends arrays of at least a length, cut to it. */
export function createScratches(): (length: number) => Scratch {
  let kept: Arrays[] = [];
  return (length) => {
    const at = kept.findIndex(({ capacity }) => capacity >= length);
    const found = at < 0 ? undefined : kept.splice(at, 1)[0];
    const arrays = found ?? allocate(Math.ceil(length / STEP) * STEP);
    const scores = arrays.scores.subarray(0, length);
    const lower = arrays.lower.subarray(0, length);
    const upper = arrays.upper.subarray(0, length);
    if (found !== undefined) scores.fill(0);
    lower.fill(Number.NEGATIVE_INFINITY);
    upper.fill(Number.NEGATIVE_INFINITY);
    let released = false;
    return {
      scores,
      lower,
      upper,
      release() {
        if (released) return;
        released = true;
        // Smaller ones are from before the index grew.
        kept = [...kept.filter(({ capacity }) => capacity >= arrays.capacity), arrays].slice(-KEPT);
      },
    };
  };
}

function allocate(capacity: number): Arrays {
  return {
    capacity,
    scores: new Float64Array(capacity),
    lower: new Float32Array(capacity),
    upper: new Float32Array(capacity),
  };
}
