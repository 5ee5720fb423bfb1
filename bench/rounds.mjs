import { runChild } from "./run-child.mjs";

/**
 * Runs the jobs by turns, A B C A B C: one process a job and round. Resolves to each job's results by its key, one a round,
 * `undefined` where it failed. A job that fails is not tried again and told to `skip`.
 */
export async function runRounds(part, jobs, { rounds, skip, log }) {
  const results = Object.fromEntries(jobs.map(({ key }) => [key, []]));
  const failed = new Set();
  for (let round = 0; round < rounds; round++) {
    for (const { key, rounds: wanted = rounds, ...job } of jobs) {
      const most = Math.min(wanted, rounds);
      if (round >= most || failed.has(key)) continue;
      const start = performance.now();
      const { result, error } = await runChild(job);
      results[key][round] = result;
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      log(
        `${part} ${round + 1}/${most}  ${key.padEnd(34)} ${seconds.padStart(6)} s${error ? `  FAILED: ${error}` : ""}`,
      );
      if (error === undefined) continue;
      failed.add(key);
      skip(`${part}, ${key}: ${error}`);
    }
  }
  return results;
}

/** One number a round; NaN where a round has none, which `ratio` leaves out. */
export function series(results, key, pick) {
  return (results[key] ?? []).map((result) => (result === undefined ? Number.NaN : (pick(result) ?? Number.NaN)));
}
