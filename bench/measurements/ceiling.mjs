import { once } from "node:events";
import { Worker } from "node:worker_threads";

/**
 * Multiply-adds a second of one matrix product on all cores, by shape `[rows, inner, columns]`: a session of one thread in
 * each of `threads` workers, all at work at the same time. Sessions that share their threads come out lower.
 */
export async function measure(_open, { shapes, seconds, contender: { dtype, threads } }) {
  const workers = Array.from({ length: threads }, () => new Worker(new URL("./ceiling-worker.mjs", import.meta.url)));
  const answers = async (message) => {
    const all = workers.map((worker) => once(worker, "message"));
    for (const worker of workers) worker.postMessage(message);
    return (await Promise.all(all)).map(([answer]) => answer);
  };
  const rates = {};
  for (const shape of shapes) {
    await answers({ open: shape, dtype });
    const products = (await answers({ seconds })).reduce((sum, rate) => sum + rate, 0);
    rates[shape.join(" x ")] = products * shape.reduce((work, size) => work * size);
  }
  for (const worker of workers) await worker.terminate();
  return rates;
}
