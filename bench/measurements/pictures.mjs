import { pictureFiles } from "../pictures.mjs";
import { watchLoop } from "./event-loop.mjs";
import { timed } from "./timing.mjs";

/** bge-js opens a session for lone pictures after eight. */
const WARM_UP = 12;

/**
 * Pictures from disk to vectors: pictures a second one by one (`alone`) and in a list by batch size (`all` is the whole list in one
 * call), processor time of each, the event loop's longest delay meanwhile, and the vectors of the first few.
 */
export async function measure(open, { folder, count, batchSizes }) {
  const paths = await pictureFiles(folder, count);
  const contender = await open();
  const one = async (i) => (await contender.embed([paths[i % count]], { batchSize: 1 }))[0];
  const vectors = [];
  await timed(WARM_UP, async (i) => vectors.push(await one(i)));
  const largest = Math.max(...batchSizes.filter(Number.isInteger), 2);
  await contender.embed(paths.slice(0, largest), { batchSize: largest });
  const loop = watchLoop();
  const ways = { alone: await rateOf(paths, () => timed(count, one)) };
  for (const batchSize of batchSizes) {
    ways[batchSize] = await rateOf(paths, () => contender.embed(paths, batchSize === "all" ? {} : { batchSize }));
  }
  const { longest } = loop.stop();
  await contender.dispose();
  return { ways, longest, vectors: vectors.map((vector) => [...vector]) };
}

/** Pictures a second, and the milliseconds that all processors spent on one. */
async function rateOf(paths, run) {
  const before = process.cpuUsage();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { rate: paths.length / seconds, cpuMs: (user + system) / 1000 / paths.length };
}
