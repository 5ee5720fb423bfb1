import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import { createMcpHandler, type McpServerFactory } from "@modelcontextprotocol/server";
import type { Context } from "../context.js";

const HOST = "127.0.0.1";
const PATH = "/mcp";

/**
 * Serves MCP by streamable HTTP on the loopback interface, until the signal aborts. Web pages cannot reach it: a request
 * that names another host, or comes from another origin, is refused, also one from another port of this machine.
 *
 * @param port 0 for any that is free
 */
export async function serveHttp(factory: McpServerFactory, port: number, { signal, note }: Context): Promise<void> {
  const handler = createMcpHandler(factory);
  const handle = toNodeHandler(handler);
  const [isOurHost, isOurOrigin] = [localhostHostValidation(), localhostOriginValidation()];
  const server = createServer((request, response) => {
    // Both have answered a request that they refuse.
    if (!isOurHost(request, response) || !isOurOrigin(request, response)) return;
    if (isFromOtherPort(request)) {
      response.writeHead(403, { "content-type": "text/plain" }).end("Pages of other servers are refused.\n");
    } else if (new URL(request.url ?? "/", `http://${HOST}`).pathname === PATH) {
      // Node gives undefined for what is not there, which their type leaves out.
      void handle(request as NodeIncomingMessageLike, response);
    } else response.writeHead(404, { "content-type": "text/plain" }).end(`The MCP server is at ${PATH}.\n`);
  });
  server.listen(port, HOST);
  await once(server, "listening");
  note(`bge: serving MCP on http://${HOST}:${(server.address() as AddressInfo).port}${PATH}`);
  try {
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await handler.close();
    server.closeAllConnections();
    server.close();
  }
  signal.throwIfAborted();
}

/** The library's check passes a page of any server of this machine: whoever wrote that page was not asked for these files. */
function isFromOtherPort({ headers: { origin, host } }: IncomingMessage): boolean {
  return Boolean(origin) && new URL(origin!).host !== host;
}
