import { sleep } from "@bge-js/core/adapter";
import type { ConnectionOptions, RedisQueueBackend } from "bullmq";

/** Milliseconds for which Redis may be away until an end does not wait for it any more, and between two looks. */
const AWAY_MS = 5000;
const LOOK_MS = 500;

/** A queue or a worker of BullMQ. */
interface Closable {
  close(): Promise<void>;
  getBackend(): Pick<RedisQueueBackend, "client" | "blockingClient">;
}

/**
 * Closes a queue or a worker. BullMQ would wait for a Redis that is away without an end; here its connection is given up after
 * some seconds, unless it is the caller's own client.
 */
export async function close(one: Closable, connection: ConnectionOptions): Promise<void> {
  const backend = one.getBackend();
  const clients = "disconnect" in connection ? [] : await Promise.all([backend.client, backend.blockingClient]);
  let isClosed = false;
  const closed = one.close().finally(() => {
    isClosed = true;
  });
  for (let awayMs = 0; clients.length > 0; ) {
    await Promise.race([closed, sleep(LOOK_MS, undefined, { ref: false })]);
    if (isClosed) break;
    const away = clients.filter(
      (client) => client !== undefined && client.status !== "ready" && client.status !== "end",
    );
    awayMs = away.length === 0 ? 0 : awayMs + LOOK_MS;
    if (awayMs < AWAY_MS) continue;
    for (const client of away) {
      // A client that pauses between two tries hears of its end with the next one alone: it is tried now, and rejects what waits.
      client!.disconnect();
      client!.connect().catch(() => {});
    }
  }
  return closed;
}
