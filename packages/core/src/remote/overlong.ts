import type { Job } from "../engine/call.js";

/** Returns the tokens of a text that a server refused, if its message says: "Given: 534", or the number over the limit. */
export function lengthInMessage(failure: unknown, maxTokens: number): number | undefined {
  const { said = "" } = failure as { readonly said?: string };
  const given = /given:?\s*(\d+)/i.exec(said)?.[1];
  if (given !== undefined) return Number(given);
  const numbers = (said.match(/\d+/g) ?? []).map(Number).filter((number) => number > maxTokens);
  // More than one would be a guess.
  return numbers.length === 1 ? numbers[0] : undefined;
}

/** Parts texts by their lengths, which are noted for those over the limit. */
export async function sortByLength(
  jobs: readonly Job[],
  maxTokens: number,
  count: (texts: readonly string[]) => Promise<readonly number[]>,
  lengthOf: WeakMap<Job, number>,
): Promise<{ readonly short: readonly Job[]; readonly long: readonly Job[] }> {
  const counts = await count(jobs.map(({ work }) => (work.type === "encode-and-run" ? work.text : "")));
  for (const [i, job] of jobs.entries()) if (counts[i]! > maxTokens) lengthOf.set(job, counts[i]!);
  return { short: jobs.filter((job) => !lengthOf.has(job)), long: jobs.filter((job) => lengthOf.has(job)) };
}
