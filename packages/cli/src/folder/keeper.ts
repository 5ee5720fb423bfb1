import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { abortable, setTimeout, tryLock } from "@bge-js/core/adapter";
import type { Context } from "../context.js";
import { type IndexPlace, notKept } from "./index-place.js";

/** Gives the right to keep an index up to date to the next process. */
export type Release = () => Promise<void>;

const POLL_MS = 200;

/**
 * One process at a time keeps an index up to date; the others read what it has read. Resolves to how to stop being the one,
 * or to `undefined` if another one is. An index that has never been whole is waited for.
 */
export async function becomeKeeper(
  { lock, manifest }: IndexPlace,
  { signal, note }: Pick<Context, "signal" | "note">,
): Promise<Release | undefined> {
  for (let told = false; ; ) {
    const release = await tryLock(lock).catch((error: unknown) => {
      throw notKept(dirname(lock), error);
    });
    if (release !== undefined || existsSync(manifest)) return release;
    if (!told) note("bge: another bge reads this folder for the first time; waiting for it");
    told = true;
    await abortable(signal)(new Promise<void>((resolve) => setTimeout(resolve, POLL_MS)));
  }
}
