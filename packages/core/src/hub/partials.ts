import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { wallClock } from "../clock.js";
import { PARTIAL, partialName } from "./files.js";
import { isAlive, ownerOf } from "./owner.js";

/** The owner's place in the name of a partial file that its writer has let go. */
const RELEASED = "released";
/** A writer of another machine that has not written for this long writes no more: a silent server is left sooner. */
const ABANDONED_MS = 10 * 60_000;
/** What nobody has come back for in this time goes. */
const EXPIRED_MS = 7 * 24 * 3_600_000;

/**
 * A partial file to write this content to, of this process alone. Taken over from a process that ended or gave up, if there is
 * one: a rename has one winner, and a file that a live process may be writing to is left alone.
 */
export async function claimPartial(blobs: string, content: string): Promise<string> {
  const own = join(blobs, partialName(content));
  for (const { name } of await freePartials(blobs, content)) {
    try {
      await rename(join(blobs, name), own);
      return own;
    } catch {
      // Another was faster.
    }
  }
  return own;
}

/** Leaves a partial file for whoever comes next, this process included. */
export async function releasePartial(blobs: string, content: string, partial: string): Promise<void> {
  const owned = partial.slice(0, -PARTIAL.length);
  await rename(partial, `${join(blobs, content)}.${RELEASED}-${owned.slice(-8)}${PARTIAL}`).catch(() => {});
}

/** Removes what ended processes have left: the partial files of a finished blob, unfinished links, and all that is old. */
export async function sweepPartials(blobs: string): Promise<void> {
  const finished = new Set(await readdir(blobs).catch(() => []));
  for (const { name, content, ageMs } of await freePartials(blobs)) {
    if (content === "new" || finished.has(content) || ageMs > EXPIRED_MS) await rm(join(blobs, name), { force: true });
  }
}

interface Free {
  readonly name: string;
  readonly content: string;
  readonly size: number;
  readonly ageMs: number;
}

/** The partial files that no live process writes to, the longest first. */
async function freePartials(blobs: string, wanted?: string): Promise<Free[]> {
  const free: Free[] = [];
  for (const name of await readdir(blobs).catch(() => [])) {
    if (!name.endsWith(PARTIAL)) continue;
    const [content = "", mark = ""] = name.slice(0, -PARTIAL.length).split(".");
    if (wanted !== undefined && content !== wanted) continue;
    // A link that points nowhere is one of ours too: look at it, not behind it.
    const found = await stat(join(blobs, name)).catch(() => undefined);
    const ageMs = found === undefined ? 0 : wallClock() - found.mtimeMs;
    if (mark.startsWith(RELEASED) || isFree(mark, ageMs)) free.push({ name, content, size: found?.size ?? 0, ageMs });
  }
  return free.sort((a, b) => b.size - a.size);
}

function isFree(mark: string, ageMs: number): boolean {
  const owner = ownerOf(mark);
  if (owner === undefined || ageMs > EXPIRED_MS) return ageMs > EXPIRED_MS;
  return !(isAlive(owner) ?? ageMs <= ABANDONED_MS);
}
