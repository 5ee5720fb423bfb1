import { BgeError } from "@bge-js/core";
import { HttpFailure, type Patience } from "@bge-js/core/adapter";
import type { FailedDocument } from "@bge-js/retriever/adapter";
import type { Collection } from "./collection.js";
import { ADD_PATIENCE, ask, isRefusal, SEARCH_PATIENCE } from "./failures.js";
import { HASH, type Point, type Sent } from "./points.js";

/**
 * Bytes of a request. Qdrant takes 32 MiB; writing this much JSON takes the caller's thread about 10 ms, and one document
 * may have more.
 */
const REQUEST_BYTES = 2 ** 20;
const REQUEST_POINTS = 256;
/** Requests on their way at once. */
const REQUESTS = 2;

interface Item {
  readonly sent: Sent;
  readonly point: Point;
}

/** Sends points in requests of bounded size, a bounded number at once, and checks that they arrived. */
export interface Sender {
  /** Resolves when there is room for more. @throws BgeError `STORE_FAILED` once a request has failed */
  push(sent: Sent, point: Point, bytes: number): Promise<void>;
  /** Sends the rest, and resolves when all has arrived. */
  finish(): Promise<void>;
}

export function createSender(
  { client, name }: Collection,
  signal: AbortSignal | undefined,
  onStored: (documents: readonly Sent[]) => void,
  onFailed: (failed: FailedDocument, sent: Sent) => void,
): Sender {
  let batch: Item[] = [];
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;
  const running = new Map<Promise<void>, ReadonlySet<string>>();

  async function push(sent: Sent, point: Point, size: number): Promise<void> {
    if (batch.length > 0 && (bytes + size > REQUEST_BYTES || batch.length === REQUEST_POINTS)) await flush();
    batch.push({ sent, point });
    bytes += size;
  }

  async function flush(): Promise<void> {
    const items = batch;
    batch = [];
    bytes = 0;
    const ids = new Set(items.map(({ point }) => point.id));
    // Two requests at once may arrive in any order.
    const overlaps = () => [...running.values()].some((others) => [...ids].some((id) => others.has(id)));
    while (failure === undefined && (running.size >= REQUESTS || overlaps())) await Promise.race(running.keys());
    if (failure !== undefined) throw failure.error;
    const request = store(items)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(request));
    running.set(request, ids);
  }

  async function finish(): Promise<void> {
    if (batch.length > 0) await flush();
    await Promise.all(running.keys());
    if (failure !== undefined) throw failure.error;
  }

  /** Halves a request that is refused, until the documents at fault are alone. */
  async function store(items: readonly Item[]): Promise<void> {
    try {
      const points = items.map(({ point }) => point);
      const request = () => client.upsert(name, { wait: true, points });
      await ask(`store documents in ${name}`, request, signal, ADD_PATIENCE);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (items.length > 1) {
        const half = Math.ceil(items.length / 2);
        await store(items.slice(0, half));
        await store(items.slice(half));
      } else {
        const { sent } = items[0]!;
        onFailed({ index: sent.index, id: sent.id, error: error as BgeError }, sent);
      }
      return;
    }
    await verify(items);
  }

  /** Looks again for what is not there: another replica may answer than the one that stored it. */
  async function verify(items: readonly Item[]): Promise<void> {
    const points = [...new Set(items.map(({ point }) => point.id))];
    // Of documents with the same id in one request, the last one counts.
    const last = new Map(items.map(({ sent }) => [sent.point, sent.hash]));
    const missing = new HttpFailure("some are missing");
    let lost: readonly Item[] = [];
    try {
      const look = async () => {
        const hashes = await storedHashes({ client, name }, points, signal, ADD_PATIENCE);
        lost = items.filter(({ sent }) => hashes.get(sent.point) !== last.get(sent.point));
        if (lost.length > 0) throw missing;
      };
      await ask(`find the documents stored in ${name}`, look, signal, SEARCH_PATIENCE);
    } catch (error) {
      if ((error as BgeError).cause !== missing) throw error;
    }
    for (const { sent } of lost) {
      const message = `Qdrant confirmed that it is stored in ${name}, and does not give it back as it was sent.`;
      onFailed({ index: sent.index, id: sent.id, error: new BgeError("STORE_FAILED", message) }, sent);
    }
    onStored(items.filter((item) => !lost.includes(item)).map(({ sent }) => sent));
  }

  return { push, finish };
}

/** Returns the hashes of the documents that the collection has, by point. */
export async function storedHashes(
  { client, name }: Pick<Collection, "client" | "name">,
  ids: readonly string[],
  signal: AbortSignal | undefined,
  patience?: Patience,
): Promise<Map<string, unknown>> {
  const request = () => client.retrieve(name, { ids: [...ids], with_payload: [HASH], with_vector: false });
  const points = await ask(`look up documents in ${name}`, request, signal, patience);
  return new Map(points.map(({ id, payload }) => [String(id), payload?.[HASH]]));
}
