import { turn } from "@bge-js/core/adapter";
import type { DocumentSource, FailedDocument, IngestDocument, IngestStore } from "../api.js";
import { type Checked, idOf, isError, toChecked } from "./documents.js";
import type { Failures } from "./failures.js";
import { pruneStore, refusalOf } from "./prune.js";
import { createSeen } from "./seen.js";
import { drawn } from "./source.js";

/** Characters of JSON to check in a turn of the event loop, which takes some milliseconds; and documents that cannot be used. */
const CHARACTERS = 200_000;
const UNUSABLE = 64;

type Until = <T>(promise: Promise<T>) => Promise<T>;

/** A document that was drawn and checked, with its place in the source. */
export interface Taken {
  readonly checked: Checked;
  readonly index: number;
}

/** Takes the documents of a source in, once, and knows of them what the end of a run asks for. */
export interface Intake {
  /** Draws and checks documents. Those that cannot be used are told to `onUnusable` instead. */
  readonly documents: AsyncGenerator<Taken, void, undefined>;
  /** Documents drawn so far. */
  count(): number;
  /**
   * Ends a run of which all documents are done: removes from the store what was not drawn, if that was asked for, and resolves to
   * how much it was.
   *
   * @param failures are thrown before anything is removed
   * @param others what to say of all other documents
   */
  finish(store: IngestStore | undefined, failures: Failures, others: string, signal: AbortSignal): Promise<number>;
}

export function createIntake<D extends IngestDocument>(
  source: DocumentSource<D>,
  prune: boolean,
  onUnusable: (failed: FailedDocument) => void,
  until: Until,
): Intake {
  const seen = prune ? createSeen() : undefined;
  let count = 0;
  let withoutId = 0;
  let characters = 0;

  async function* documents(): AsyncGenerator<Taken, void, undefined> {
    for await (const given of drawn<D | string>(source, until)) {
      const index = count++;
      const checked = toChecked(given);
      const id = isError(checked) ? idOf(given) : checked.document.id;
      if (id === undefined) withoutId++;
      else seen?.add(id);
      if (isError(checked)) onUnusable({ id, index, error: checked });
      characters += isError(checked) ? CHARACTERS / UNUSABLE : checked.characters;
      if (characters >= CHARACTERS) {
        characters = 0;
        await turn();
      }
      if (!isError(checked)) yield { checked, index };
    }
  }

  return {
    documents: documents(),
    count: () => count,
    async finish(store, failures, others, signal) {
      const refusal = seen && refusalOf({ documents: count, withoutId });
      failures.throwIfAny(refusal ? `${others} ${refusal.message}` : others);
      if (refusal) throw refusal;
      return seen === undefined || store === undefined ? 0 : until(pruneStore(store, seen, signal));
    },
  };
}
