import { clearTimeout, setTimeout } from "@bge-js/core/adapter";
import type { Staged } from "./commit.js";

/** A batch has at most about so many documents and bytes, and waits at most so long for more. */
const MOST_DOCUMENTS = 256;
const MOST_BYTES = 4 * 2 ** 20;
const MOST_MS = 1000;

/** Documents that are committed together. */
export interface Batch {
  readonly staged: ReadonlyMap<string, Staged>;
  /** What must be stored for this to be right: an update is of a document as another batch puts it. */
  readonly after: Set<Promise<void>>;
  add(id: string, one: Staged, bytes: number): void;
  isFull(): boolean;
  /** Stops waiting for more. */
  end(): void;
  /** Settles as the commit does. */
  readonly done: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** Opens a batch. `commit` is called when it has waited long enough. */
export function openBatch(commit: () => void): Batch {
  const staged = new Map<string, Staged>();
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
    after: new Set(),
    add(id, one, size) {
      // An update leaves its document in the place where it was put.
      if (one.kind !== "update") staged.delete(id);
      const before = staged.get(id);
      staged.set(id, before?.kind === "put" && one.kind === "update" ? { ...before, json: one.json } : one);
      bytes += size;
    },
    isFull: () => staged.size >= MOST_DOCUMENTS || bytes >= MOST_BYTES,
    end: () => clearTimeout(timer),
    done,
    ...settle!,
  };
}
