/** When a document that takes too long was tried first and last, in milliseconds since 1970. */
export interface Tried {
  readonly first: number;
  readonly last: number;
}

const DAY_MS = 86_400_000;

/**
 * True if such a document is worth another try: the machine may have been busy, or asleep. It is one day after the first, and then each
 * time after twice as long, so that what never ends costs less and less.
 */
export function isDue({ first, last }: Tried, now: number): boolean {
  // A clock that was put back would make it wait for ever.
  return now < last || now - last >= Math.max(DAY_MS, last - first);
}

/** Returns the tries with another one. */
export function triedAgain(before: Tried | undefined, now: number): Tried {
  return { first: Math.min(before?.first ?? now, now), last: now };
}
