import { once } from "node:events";
import type { McpServerFactory } from "@modelcontextprotocol/server";
import { serveStdio as serve } from "@modelcontextprotocol/server/stdio";
import type { Context } from "../context.js";

/** Serves MCP over standard input and output, until the client closes the input or the signal aborts. */
export async function serveStdio(factory: McpServerFactory, { signal, note }: Context): Promise<void> {
  const closed = once(process.stdin, "close", { signal });
  const server = serve(factory, { onerror: (error) => note(`bge: ${error.message}`) });
  try {
    await Promise.race([once(process.stdin, "end", { signal }), closed]);
  } catch {
    signal.throwIfAborted();
  } finally {
    closed.catch(() => {});
    await server.close();
  }
}
