import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { link, open, readdir, readFile, rename, stat, unlink, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { clearInterval, setInterval, sleep, wallClock } from "../clock.js";
import { makeFolder } from "../make-folder.js";

const HEARTBEAT_MS = 5_000;
/** A lock held on another machine expires after this long without a heartbeat. */
const STALE_MS = 60_000;
const POLL_MS = 100;

/**
 * Runs `body` while no other process or thread holds the lock. The lock only saves work: all writes go to files of their own that
 * are then renamed, so two holders (after a machine slept, or on a network drive) cost a second download and no more.
 */
export async function withLock<T>(file: string, signal: AbortSignal | undefined, body: () => Promise<T>): Promise<T> {
  await makeFolder(dirname(file));
  let release = await tryLock(file);
  while (release === undefined) {
    signal?.throwIfAborted();
    await sleep(POLL_MS * (0.5 + Math.random()));
    release = await tryLock(file);
  }
  try {
    return await body();
  } finally {
    await release();
  }
}

/**
 * Takes the lock, and returns how to release it; `undefined` if another process or thread holds it. The lock of a dead process is
 * free; that of a process on another machine after a minute without a sign of life.
 */
export async function tryLock(file: string): Promise<(() => Promise<void>) | undefined> {
  const holder = mark();
  if (!(await take(file, holder))) {
    await clearIfStale(file);
    if (!(await take(file, holder))) return undefined;
  }
  const heartbeat = setInterval(() => {
    const now = wallClock() / 1000;
    utimes(file, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  await sweep(file);
  return async () => {
    clearInterval(heartbeat);
    if ((await contentOf(file)) === holder) await unlink(file).catch(() => {});
  };
}

/** Returns who holds the lock, if it is held and says so. */
export async function holderOf(file: string): Promise<Owner | undefined> {
  return ownerOf((await contentOf(file)) ?? "");
}

/** True while a process holds the lock. Asked without a turn of the event loop, for what must not be done meanwhile. */
export function isHeld(file: string): boolean {
  if (!existsSync(file)) return false;
  const owner = ownerOf(read(file));
  const alive = owner && isAlive(owner);
  if (alive !== undefined) return alive;
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && wallClock() - stats.mtimeMs <= STALE_MS;
}

/** Creates the lock with its content in one step, so that a lock file is never seen empty. */
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
    // On a file system without hard links, `wx` is the next best.
    if (code === "EPERM" || code === "ENOSYS" || code === "ENOTSUP") return await create(file, holder);
    throw error;
  } finally {
    await handle.close().catch(() => {});
    await unlink(own).catch(() => {});
  }
}

/** Removes files left by processes that were killed while taking or clearing the lock. */
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

/** Removes the lock of a process that is dead or has been silent for too long. */
async function clearIfStale(file: string): Promise<void> {
  const found = await contentOf(file);
  if (found === undefined || !(await isStale(file, found))) return;
  const aside = `${file}.${mark()}.stale`;
  try {
    await rename(file, aside);
    // If another process cleared and took the lock before the rename, put its lock back.
    if ((await contentOf(aside)) !== found) await link(aside, file);
  } catch {
    // Another process was faster.
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

/** Identifies a process to others that share its files. */
export interface Owner {
  /** Machine, boot and process namespace: process ids are only unique within these. */
  readonly host: string;
  readonly pid: number;
  /** When the process began, if the system tells, since ids are reused. */
  readonly started: string;
}

/** This process. */
export function self(): Owner {
  own ??= { host: hostId(), pid: process.pid, started: startOf(process.pid) ?? "0" };
  return own;
}

/** True if the process lives; `undefined` if it is on another machine, where nobody here can tell. */
export function isAlive({ host, pid, started }: Owner): boolean | undefined {
  if (host !== self().host) return undefined;
  if (pid === process.pid) return started === self().started;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return (startOf(pid) ?? started) === started;
}

/** Returns this process as part of a file name, unique for each call. */
export function mark(): string {
  const { host, pid, started } = self();
  return `${host}-${pid}-${started}-${randomBytes(4).toString("hex")}`;
}

/** Returns the owner of a mark. */
export function ownerOf(text: string): Owner | undefined {
  const [, host, pid, started] = /^([0-9a-f]{12})-(\d+)-(\d+)-[0-9a-f]{8}$/.exec(text) ?? [];
  return host === undefined ? undefined : { host, pid: Number(pid), started: started! };
}

let own: Owner | undefined;

function hostId(): string {
  const parts = [hostname(), read("/proc/sys/kernel/random/boot_id"), targetOf("/proc/self/ns/pid")];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
}

/** Returns field 22 of /proc/PID/stat, counted after the name, which may contain anything. A zombie has ended, though it has an id. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "ended" : fields[19];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function targetOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}
