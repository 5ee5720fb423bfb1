import { BgeError } from "@bge-js/core";
import { turn } from "@bge-js/core/adapter";
import type { IngestStore } from "../api.js";
import type { Seen } from "./seen.js";

/** Documents removed at once. */
const REMOVED = 256;

/** What a run has seen of its source. */
export interface Drawn {
  readonly documents: number;
  /** Documents whose id could not be read. */
  readonly withoutId: number;
}

/** Returns the reason why documents that were not seen cannot be removed safely. */
export function refusalOf({ documents, withoutId }: Drawn): BgeError | undefined {
  if (documents === 0) return refused("the source gave no document");
  return withoutId > 0 ? refused(`${withoutId} documents have no id that can be read`) : undefined;
}

/** Removes the documents that were not seen, and resolves to how many. */
export async function pruneStore(store: IngestStore, seen: Seen, signal: AbortSignal): Promise<number> {
  let removed = 0;
  let batch: string[] = [];
  const flush = async () => {
    await store.remove(batch, { signal });
    removed += batch.length;
    batch = [];
  };
  let looked = 0;
  for await (const id of store.ids({ signal })) {
    signal.throwIfAborted();
    if (++looked % REMOVED === 0) await turn();
    if (seen.has(id)) continue;
    // A store may yield it again.
    seen.add(id);
    batch.push(id);
    if (batch.length === REMOVED) await flush();
  }
  if (batch.length > 0) await flush();
  return removed;
}

function refused(problem: string): BgeError {
  const message = `Nothing was removed by prune: ${problem}. What the source gave is stored.`;
  return new BgeError("INVALID_INPUT", message, { parameter: "documents" });
}
