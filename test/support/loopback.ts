import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Can this machine talk to itself? In a network namespace of its own it may not, and tests with a server are skipped. */
export const hasLoopback = await reachesItself();

async function reachesItself(): Promise<boolean> {
  const server = createServer((_, response) => response.end());
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return true;
  } catch {
    return false;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A port that was free a moment ago, for a program that cannot choose one itself. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
