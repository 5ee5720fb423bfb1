import { floatProducts } from "./kernel.js";

/** Rows that stand for several tokens each. */
export interface Pooled {
  /** L2-normalised, `dimensions` numbers each. */
  readonly rows: Float32Array;
  /** All tokens, row by row: row `r` stands for those from place `starts[r]` on. */
  readonly order: Int32Array;
  readonly starts: Int32Array;
}

/** Longer texts are pooled in stretches, as time and memory grow quadratically. Even, so that it halves exactly. */
const LONGEST_STRETCH = 256;

/**
 * Pools rows to one for every `factor` tokens, rounded up in each stretch, by repeatedly merging the two groups nearest by
 * Ward's distance. A group's row is the normalised sum of its tokens' rows. Rows are ordered by their first tokens.
 */
export function poolRows(rows: Float32Array, dimensions: number, factor: number): Pooled {
  const count = rows.length / dimensions;
  const stretch = 2 * Math.ceil(count / Math.ceil(count / LONGEST_STRETCH) / 2);
  const groups: number[][] = [];
  for (let from = 0; from < count; from += stretch) {
    const some = rows.subarray(from * dimensions, (from + stretch) * dimensions);
    for (const group of groupsOf(some, dimensions, factor)) groups.push(group.map((token) => from + token));
  }
  const starts = new Int32Array(groups.length);
  for (let row = 1; row < groups.length; row++) starts[row] = starts[row - 1]! + groups[row - 1]!.length;
  const pooled = new Float32Array(groups.length * dimensions);
  for (const [row, group] of groups.entries()) {
    addUp(rows, dimensions, group, pooled.subarray(row * dimensions, (row + 1) * dimensions));
  }
  return { rows: pooled, order: Int32Array.from(groups.flat()), starts };
}

/** Agglomerative clustering by Ward's distance: how much the squared distances of all tokens to their groups' means grow by merging. */
function groupsOf(rows: Float32Array, dimensions: number, factor: number): number[][] {
  const count = rows.length / dimensions;
  const groups = Array.from({ length: count }, (_, token) => [token]);
  const sizes = new Float64Array(count).fill(1);
  const apart = distancesOf(rows, dimensions);
  // The current groups, in order, and the nearest later one of each. Merging two groups never brings a third nearer, so few
  // nearest ones need a new search.
  const alive = Array.from(groups.keys());
  const nearest = new Int32Array(count);
  const least = new Float64Array(count).fill(Number.POSITIVE_INFINITY);

  function lookBehind(place: number): void {
    const a = alive[place]!;
    let best = Number.POSITIVE_INFINITY;
    for (let p = place + 1; p < alive.length; p++) {
      const distance = apart[a * count + alive[p]!]!;
      if (distance < best) {
        best = distance;
        nearest[a] = alive[p]!;
      }
    }
    least[a] = best;
  }

  function merge(a: number, b: number): void {
    const [m, n, ab] = [sizes[a]!, sizes[b]!, apart[a * count + b]!];
    for (const c of alive) {
      if (c === a || c === b) continue;
      const k = sizes[c]!;
      const distance = ((m + k) * apart[a * count + c]! + (n + k) * apart[b * count + c]! - k * ab) / (m + n + k);
      apart[a * count + c] = distance;
      apart[c * count + a] = distance;
    }
    sizes[a] = m + n;
    for (const token of groups[b]!) groups[a]!.push(token);
    alive.splice(alive.indexOf(b), 1);
    for (let place = 0; place < alive.length && alive[place]! < b; place++) {
      const c = alive[place]!;
      if (c === a || nearest[c] === a || nearest[c] === b) lookBehind(place);
    }
  }

  for (let place = 0; place < count; place++) lookBehind(place);
  for (const left = Math.ceil(count / factor); alive.length > left; ) {
    let a = alive[0]!;
    for (const c of alive) if (least[c]! < least[a]!) a = c;
    merge(a, nearest[a]!);
  }
  return alive.map((group) => groups[group]!.sort((x, y) => x - y));
}

/** Ward's distance between every two tokens: half the squared distance of their rows. */
function distancesOf(rows: Float32Array, dimensions: number): Float64Array {
  const count = rows.length / dimensions;
  const products = new Float64Array(count * count);
  // Each product is needed once: not those of the later half with the earlier one.
  const half = count >> 1;
  for (const [from, to] of [
    [0, half],
    [half, count],
  ] as const) {
    const { values, stride } = floatProducts(
      rows.subarray(from * dimensions, to * dimensions),
      rows.subarray(from * dimensions),
      dimensions,
    );
    for (let a = from; a < to; a++) {
      for (let b = a; b < count; b++) products[a * count + b] = values[(a - from) * stride + b - from]!;
    }
  }
  const squares = Float64Array.from({ length: count }, (_, a) => products[a * count + a]!);
  for (let a = 0; a < count; a++) {
    for (let b = a; b < count; b++) {
      const distance = (squares[a]! + squares[b]!) / 2 - products[a * count + b]!;
      products[a * count + b] = distance;
      products[b * count + a] = distance;
    }
  }
  return products;
}

function addUp(rows: Float32Array, dimensions: number, group: readonly number[], out: Float32Array): void {
  for (const token of group) {
    for (let d = 0; d < dimensions; d++) out[d]! += rows[token * dimensions + d]!;
  }
  let squares = 0;
  for (let d = 0; d < dimensions; d++) squares += out[d]! * out[d]!;
  const norm = Math.sqrt(squares) || 1;
  for (let d = 0; d < dimensions; d++) out[d] = out[d]! / norm;
}
