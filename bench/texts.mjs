// Texts by their length in tokens. Each word is one token of BERT's English vocabulary, and two more frame a text.

const FRAME = 2;
const LONGEST = 512;
export const WORDS = (
  "the index holds many texts that a query finds by meaning and not by words alone each line in files names one " +
  "thing people read write search build store open close first second large small river mountain city garden winter " +
  "summer music history science number paper market doctor school window street light water night morning " +
  "machine memory process network server table column result error message version library function"
).split(" ");

/** Numbers in [0, 1), the same for the same seed. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A text of so many tokens, the frame included. */
export function textOf(tokens, next) {
  return Array.from({ length: tokens - FRAME }, () => WORDS[Math.floor(next() * WORDS.length)]).join(" ");
}

export function textsOf(lengths, seed = 7) {
  const next = random(seed);
  return lengths.map((tokens) => textOf(tokens, next));
}

/**
 * Lengths as corpora of passages have them: log-normal, median 55 tokens, mean 86, longest 512. They are the distribution's
 * quantiles in a mixed order, not draws, so that a short set has the same shape as a long one.
 */
export function mixedLengths(count, seed = 11) {
  const lengths = Array.from({ length: count }, (_, i) => logNormal((i + 0.5) / count));
  lengths[count - 1] = LONGEST;
  return shuffled(lengths, random(seed));
}

/** Draws from the same distribution. */
export function randomLengths(count, seed = 13) {
  const next = random(seed);
  return Array.from({ length: count }, () => logNormal((1 + next() * 0xfffffffe) / 2 ** 32));
}

/** Wider than mean over median alone asks for: the cut at 512 takes from the mean. */
const SIGMA = 0.98;

function logNormal(share) {
  return Math.max(FRAME + 1, Math.min(LONGEST, Math.round(55 * Math.exp(SIGMA * normalQuantile(share)))));
}

/** Shore's approximation (1982), within 0.01 between the percentiles that matter here. */
function normalQuantile(share) {
  const upper = Math.max(share, 1 - share);
  return Math.sign(share - 0.5) * 5.5556 * (1 - ((1 - upper) / upper) ** 0.1186);
}

function shuffled(items, next) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
