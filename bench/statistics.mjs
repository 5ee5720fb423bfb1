/** The value at `share` (0 to 1) of the sorted list; with few values the next higher one. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The middle value; of an even number the mean of the two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Median, smallest and largest. */
export function spread(values) {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/**
 * `a` over `b`, round by round: what slows the machine for a while slows both sides of a round. Rounds that either side
 * lacks are left out; `undefined` when none is left.
 */
export function ratio(a, b) {
  const rounds = a.map((value, round) => value / b[round]).filter(Number.isFinite);
  return rounds.length === 0 ? undefined : spread(rounds);
}

/** Slope of the least-squares line through `[x, y]` points. */
export function slope(points) {
  const x = mean(points.map(([value]) => value));
  const y = mean(points.map(([, value]) => value));
  const covariance = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return covariance / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}

/** Smallest cosine between vectors of the same place. */
export function smallestCosine(a, b) {
  return Math.min(...a.map((vector, i) => cosine(vector, b[i])));
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, d) => sum + value * y[d], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
