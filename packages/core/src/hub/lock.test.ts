import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { isAlive, mark, ownerOf, self, withLock } from "./lock.js";

const lockFile = () => join(folderOf(), "deep", "one.lock");

/** Returns the id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--eval", ""]);
  await once(child, "exit");
  return child.pid!;
}

test("has one holder at a time, and leaves nothing behind", async () => {
  const file = lockFile();
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withLock(file, undefined, async () => {
        most = Math.max(most, ++inside);
        await sleep(5);
        inside--;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(readdirSync(dirname(file))).toEqual([]);
});

test("is released when its body fails, and returns its body's result", async () => {
  const file = lockFile();
  await expect(withLock(file, undefined, () => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  expect(await withLock(file, undefined, async () => 7)).toBe(7);
  expect(existsSync(file)).toBe(false);
});

test("of a killed process is taken over, and its leftovers are removed", async () => {
  const file = lockFile();
  const { host } = self();
  const dead = `${host}-${await deadProcess()}-1-00000000`;
  await withLock(file, undefined, async () => {}); // makes the folder
  writeFileSync(file, dead);
  writeFileSync(`${file}.${dead}`, dead);
  expect(await withLock(file, undefined, async () => "mine")).toBe("mine");
  expect(readdirSync(dirname(file))).toEqual([]);
});

test("of a live process is waited for until the signal aborts, unless it has been silent for long", async () => {
  const file = lockFile();
  await withLock(file, undefined, async () => {});
  writeFileSync(file, mark());
  await expect(withLock(file, AbortSignal.timeout(200), async () => {})).rejects.toThrow(/timeout/);
  expect(existsSync(file)).toBe(true);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(file, longAgo, longAgo);
  expect(await withLock(file, undefined, async () => "mine")).toBe("mine");
});

test("of another machine is respected while it has a heartbeat", async () => {
  const file = lockFile();
  await withLock(file, undefined, async () => {});
  writeFileSync(file, `${"f".repeat(12)}-1-1-00000000`);
  await expect(withLock(file, AbortSignal.timeout(200), async () => {})).rejects.toThrow(/timeout/);
});

test("is not taken from its holder by a test's fake clock", async () => {
  const file = lockFile();
  await withLock(file, undefined, async () => {});
  writeFileSync(file, `${"f".repeat(12)}-1-1-00000000`);
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2099-01-01") });
  onTestFinished(() => void vi.useRealTimers());
  await expect(withLock(file, AbortSignal.timeout(200), async () => {})).rejects.toThrow(/timeout/);
});

test("tells whether an owner is alive", async () => {
  expect(ownerOf(mark())).toEqual(self());
  expect(new Set([mark(), mark()]).size).toBe(2);
  expect(isAlive(self())).toBe(true);
  expect(isAlive({ ...self(), pid: await deadProcess() })).toBe(false);
  expect(isAlive({ ...self(), host: "f".repeat(12) })).toBeUndefined();
  // Our id reused: that process began at another time.
  expect(isAlive({ ...self(), started: "1" })).toBe(false);
  expect(ownerOf("released-00000000")).toBeUndefined();
});
