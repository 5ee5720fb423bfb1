import { setTimeout } from "node:timers/promises";
import { QdrantClient } from "@qdrant/js-client-rest";
import { DemoError, messageOf } from "./errors.js";
import { inSlices } from "./slices.js";

/**
 * Points per request: @llamaindex/qdrant loses points between batches, so one insert must be one batch, and requests
 * have a size limit.
 */
export const INSERT_SIZE = 500;

export interface Collection {
  readonly client: QdrantClient;
  readonly name: string;
}

/**
 * Connects to Qdrant. Fails at once if no server answers, before anything is embedded. Takes the API key, if any, from
 * QDRANT_API_KEY.
 */
export async function connectQdrant(url: string): Promise<QdrantClient> {
  const apiKey = process.env["QDRANT_API_KEY"];
  try {
    const client = new QdrantClient({ url, checkCompatibility: false, ...(apiKey === undefined ? {} : { apiKey }) });
    await client.getCollections();
    return client;
  } catch (error) {
    throw new DemoError(`no Qdrant at ${url}: ${messageOf(error)}`);
  }
}

/** Deletes every point that is not among `ids`, that is, texts that are gone. Returns how many there were. */
export async function deleteOthers({ client, name }: Collection, ids: ReadonlySet<string>): Promise<number> {
  const others: string[] = [];
  let offset: string | number | undefined;
  do {
    const page = await client.scroll(name, {
      limit: 1000,
      with_payload: false,
      ...(offset === undefined ? {} : { offset }),
    });
    others.push(...page.points.map(({ id }) => String(id)).filter((id) => !ids.has(id)));
    offset = typeof page.next_page_offset === "object" ? undefined : page.next_page_offset;
  } while (offset !== undefined);
  for (const points of inSlices(others, 1000)) await client.delete(name, { wait: true, points });
  return others.length;
}

/** How long accepted points may take to be stored: @llamaindex/qdrant does not wait for them. */
const SETTLE_MS = 5000;

/** Checks that the server has what was sent: a lost point is a text that no search can find. */
export async function checkStored({ client, name }: Collection, sent: number, settleMs = SETTLE_MS): Promise<void> {
  const end = Date.now() + settleMs;
  let { count } = await client.count(name, { exact: true });
  while (count < sent && Date.now() < end) {
    await setTimeout(50);
    ({ count } = await client.count(name, { exact: true }));
  }
  if (count !== sent) throw new DemoError(`Qdrant has ${count} points in ${name}, but ${sent} were sent`);
}
