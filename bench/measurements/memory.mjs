import { readFileSync } from "node:fs";
import { slope } from "../statistics.mjs";
import { mixedLengths, randomLengths, textsOf } from "../texts.mjs";

const SLICE = 250;

/**
 * Megabytes over the process before anything was loaded: after loading, at the peak of one bulk call, and at the end of
 * `soak` texts of random length in calls of 250; the growth is that of the line through what each call left.
 */
export async function measure(open, { residentBefore, count, batchSize, soak }) {
  const over = (bytes) => (bytes - residentBefore) / 1e6;
  const contender = await open();
  const loaded = over(process.memoryUsage.rss());
  const options = batchSize === "all" ? {} : { batchSize };
  await contender.embed(textsOf(mixedLengths(count)), options);
  const peak = over(peakResident());
  const points = [];
  const lengths = randomLengths(soak);
  for (let from = 0; from < soak; from += SLICE) {
    await contender.embed(textsOf(lengths.slice(from, from + SLICE), from), options);
    points.push([from + SLICE, over(process.memoryUsage.rss())]);
  }
  const peakAll = over(peakResident());
  await contender.dispose();
  // The first fifth fills caches and heaps.
  const settled = points.slice(Math.floor(points.length / 5));
  const growth = settled.length < 2 ? undefined : slope(settled) * 10_000;
  return { loaded, peak, peakAll, growthIn10000: growth, points };
}

/** The kernel's own mark where it keeps one: what `resourceUsage` says may count the parent's pages. */
function peakResident() {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
