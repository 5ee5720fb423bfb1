import { turn } from "@bge-js/core/adapter";
import type { Checked } from "./documents.js";
import type { Outcome, Work } from "./work.js";

/** Documents, and characters of their JSON, that are worked on together; one document may have more. */
export const BATCH_DOCUMENTS = 64;
const BATCH_CHARACTERS = 200_000;
/** Batches at once: one is read while another is looked up or stored. */
const BATCHES = 2;

interface Item {
  readonly checked: Checked;
  /** Called right before the work on a document that is worked on alone, with nothing beside it. */
  readonly alone: (() => Promise<void>) | undefined;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** Puts documents together that wait for work at the same time. */
export interface Batcher {
  /** Resolves to what became of the document; rejects as the work on its batch. */
  add(checked: Checked, alone?: () => Promise<void>): Promise<Outcome>;
  /** Resolves when nothing is being worked on. */
  idle(): Promise<void>;
}

export function createBatcher(work: Work, signal: AbortSignal): Batcher {
  const queue: Item[] = [];
  const running = new Set<Promise<void>>();
  let isAlone = false;
  let isPlanned = false;

  function add(checked: Checked, alone?: () => Promise<void>): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      queue.push({ checked, alone, resolve, reject });
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
      if (queue[0]!.alone !== undefined && running.size > 0) return;
      const batch = takeBatch(queue);
      isAlone = batch[0]!.alone !== undefined;
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
      await batch[0]!.alone?.();
      const outcomes = await work(
        batch.map(({ checked }) => checked),
        signal,
      );
      for (const [i, { resolve }] of batch.entries()) resolve(outcomes[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }

  return { add, idle };
}

function takeBatch(queue: Item[]): Item[] {
  const batch = [queue.shift()!];
  if (batch[0]!.alone !== undefined) return batch;
  let { characters } = batch[0]!.checked;
  while (batch.length < BATCH_DOCUMENTS && queue[0] !== undefined && queue[0].alone === undefined) {
    characters += queue[0].checked.characters;
    if (characters > BATCH_CHARACTERS) break;
    batch.push(queue.shift()!);
  }
  return batch;
}
