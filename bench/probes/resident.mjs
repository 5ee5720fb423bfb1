import { execFileSync } from "node:child_process";

/** Resident memory of this process, in bytes, and of the worker processes below it where there are any. */
export function residentBytes(isolation) {
  if (isolation !== "process") return process.memoryUsage.rss();
  const children = execFileSync("ps", ["-A", "-o", "ppid=,rss=,comm="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([parent, , command]) => Number(parent) === process.pid && command !== "ps");
  return process.memoryUsage.rss() + children.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}
