import { link, mkdir, open, readdir, readFile, rename, stat, unlink, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { clearInterval, setInterval, sleep, wallClock } from "../clock.js";
import { isAlive, mark, ownerOf } from "./owner.js";

const HEARTBEAT_MS = 5_000;
/** Without a sign of life for this long, a lock of another machine is given up. */
const STALE_MS = 60_000;
const POLL_MS = 100;

/**
 * Runs `body` while no other process or thread holds the lock. It only saves work: every write below it is to a file of its
 * own that is then renamed, so that two holders (a machine that slept, a network drive) cost a second download and no more.
 */
export async function withLock<T>(file: string, signal: AbortSignal | undefined, body: () => Promise<T>): Promise<T> {
  const holder = mark();
  await mkdir(dirname(file), { recursive: true });
  while (!(await take(file, holder))) {
    signal?.throwIfAborted();
    await clearIfStale(file);
    await sleep(POLL_MS * (0.5 + Math.random()));
  }
  const heartbeat = setInterval(() => {
    const now = wallClock() / 1000;
    utimes(file, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    await sweep(file);
    return await body();
  } finally {
    clearInterval(heartbeat);
    if ((await contentOf(file)) === holder) await unlink(file).catch(() => {});
  }
}

/** Makes the lock with its content in one step: a lock file is never seen empty. */
async function take(file: string, holder: string): Promise<boolean> {
  if ((await contentOf(file)) !== undefined) return false;
  const own = `${file}.${holder}`;
  const handle = await open(own, "wx");
  try {
    await handle.writeFile(holder);
    await handle.close();
    await link(own, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // A file system without hard links: `wx` is the next best.
    if (code === "EPERM" || code === "ENOSYS" || code === "ENOTSUP") return await create(file, holder);
    throw error;
  } finally {
    await handle.close().catch(() => {});
    await unlink(own).catch(() => {});
  }
}

/** What processes left that were killed between two lines of this file. */
async function sweep(file: string): Promise<void> {
  for (const name of await readdir(dirname(file)).catch(() => [])) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    const owner = ownerOf(name.slice(basename(file).length + 1).replace(/\.stale$/, ""));
    if (owner !== undefined && isAlive(owner) === false) await unlink(join(dirname(file), name)).catch(() => {});
  }
}

async function create(file: string, holder: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(holder).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes away the lock of a process that is dead or has been silent for long. */
async function clearIfStale(file: string): Promise<void> {
  const found = await contentOf(file);
  if (found === undefined || !(await isStale(file, found))) return;
  const aside = `${file}.${mark()}.stale`;
  try {
    await rename(file, aside);
    // Between the look and the rename, another may have cleared it and taken the lock: that one goes back.
    if ((await contentOf(aside)) !== found) await link(aside, file);
  } catch {
    // Another was faster.
  } finally {
    await unlink(aside).catch(() => {});
  }
}

async function isStale(file: string, holder: string): Promise<boolean> {
  const owner = ownerOf(holder);
  if (owner !== undefined && isAlive(owner) === false) return true;
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
  return wallClock() - mtimeMs > STALE_MS;
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch {
    return undefined;
  }
}
