import { turn } from "@bge-js/core/adapter";
import type { Checked } from "./documents.js";
import type { Outcome, Work } from "./work.js";

/** Documents, and characters of their JSON, that are worked on together; one document may have more. */
export const BATCH_DOCUMENTS = 64;
const BATCH_CHARACTERS = 200_000;
/** Batches at once: one is read while another is looked up or stored. */
const BATCHES = 2;

/** How a document is worked on that may end its process: with few others, and nothing beside them. */
export interface Caution {
  /** Documents that may be in its batch, itself included. */
  readonly most: number;
  /** Called right before the work on it. */
  begin(): Promise<void>;
}

interface Item {
  readonly checked: Checked;
  readonly caution: Caution | undefined;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** Puts documents together that wait for work at the same time. */
export interface Batcher {
  /** Resolves to what became of the document; rejects as the work on its batch. */
  add(checked: Checked, caution?: Caution): Promise<Outcome>;
}

export function createBatcher(work: Work, signal: AbortSignal): Batcher {
  const queue: Item[] = [];
  const running = new Set<Promise<void>>();
  let isAlone = false;
  let isPlanned = false;

  function add(checked: Checked, caution?: Caution): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      queue.push({ checked, caution, resolve, reject });
      if (isPlanned) return;
      isPlanned = true;
      // Those that come in the same turn go together.
      void turn().then(() => {
        isPlanned = false;
        start();
      });
    });
  }

  function start(): void {
    while (queue.length > 0 && !isAlone && running.size < BATCHES) {
      if (queue[0]!.caution !== undefined && running.size > 0) return;
      const batch = takeBatch(queue);
      isAlone = batch[0]!.caution !== undefined;
      const run = runBatch(batch).finally(() => {
        running.delete(run);
        isAlone = false;
        start();
      });
      running.add(run);
    }
  }

  async function runBatch(batch: readonly Item[]): Promise<void> {
    try {
      signal.throwIfAborted();
      await Promise.all(batch.map(({ caution }) => caution?.begin()));
      const outcomes = await work(
        batch.map(({ checked }) => checked),
        signal,
      );
      for (const [i, { resolve }] of batch.entries()) resolve(outcomes[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return { add };
}

function takeBatch(queue: Item[]): Item[] {
  const isCautious = queue[0]!.caution !== undefined;
  const batch: Item[] = [];
  let most = BATCH_DOCUMENTS;
  let characters = 0;
  for (const item of queue) {
    if ((item.caution !== undefined) !== isCautious) break;
    most = Math.min(most, item.caution?.most ?? most);
    characters += item.checked.characters;
    const isFull = batch.length + 1 > most || characters > BATCH_CHARACTERS;
    if (batch.length > 0 && isFull) break;
    batch.push(item);
  }
  return queue.splice(0, batch.length);
}
