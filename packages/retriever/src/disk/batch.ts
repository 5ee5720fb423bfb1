import { clearTimeout, setTimeout } from "@bge-js/core/adapter";
import type { Staged } from "./commit.js";

/** A batch has at most about so many documents and bytes, and waits at most so long for more. */
const MOST_DOCUMENTS = 256;
const MOST_BYTES = 4 * 2 ** 20;
const MOST_MS = 1000;

/** Documents that are committed together. */
export interface Batch {
  readonly staged: ReadonlyMap<string, Staged>;
  /** @param after what must be stored before it: an update is of a document as another batch puts it */
  add(id: string, one: Staged, bytes: number, after?: Promise<void>): void;
  isFull(): boolean;
  /** Stops waiting for more. */
  end(): void;
  /** Waits for what must be stored before, and drops the documents for which that has failed. */
  dropOrphans(): Promise<void>;
  /** Settles as the commit does. */
  readonly done: Promise<void>;
  /** Settles when one of its documents is stored, or cannot be. */
  doneOf(id: string): Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** Opens a batch. `commit` is called when it has waited long enough. */
export function openBatch(commit: () => void): Batch {
  const staged = new Map<string, Staged>();
  const afters = new Map<string, Promise<void>>();
  let bytes = 0;
  let settle: Pick<Batch, "resolve" | "reject"> | undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever has put something into it awaits it.
  done.catch(() => {});
  const timer = setTimeout(commit, MOST_MS);
  return {
    staged,
    add(id, one, size, after) {
      // An update leaves its document in the place where it was put.
      if (one.kind !== "update") {
        staged.delete(id);
        afters.delete(id);
      } else if (after !== undefined) afters.set(id, after);
      const before = staged.get(id);
      staged.set(id, before?.kind === "put" && one.kind === "update" ? { ...before, json: one.json } : one);
      bytes += size;
    },
    isFull: () => staged.size >= MOST_DOCUMENTS || bytes >= MOST_BYTES,
    end: () => clearTimeout(timer),
    async dropOrphans() {
      for (const [id, after] of afters) await after.catch(() => staged.delete(id));
    },
    done,
    doneOf(id) {
      const after = afters.get(id);
      if (after === undefined) return done;
      const both = after.then(() => done);
      both.catch(() => {});
      return both;
    },
    ...settle!,
  };
}
