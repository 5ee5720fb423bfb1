import type { Context } from "../context.js";
import { EXIT } from "../exit.js";
import type { IndexFlags } from "../folder/folder-index.js";
import { findRoots } from "../folder/roots.js";
import { followFiles } from "../mcp/live-index.js";
import { serveStdio } from "../mcp/serve-stdio.js";
import { createServer } from "../mcp/server.js";
import { version } from "../version.js";
import { tell } from "./search.js";

export interface McpFlags extends IndexFlags {
  /** Serve by HTTP on this port of the loopback interface, instead of standard input and output. */
  readonly http?: number;
}

/** Serves the folders to an agent over MCP, until it leaves. Returns the exit code. */
export async function mcp(folders: readonly string[], flags: McpFlags, context: Context): Promise<number> {
  const roots = await findRoots(folders);
  await using live = followFiles(roots, flags, context, (updated) => void tell(updated, context));
  const factory = () => createServer(live, roots, version);
  const ending = new AbortController();
  // The first index begins now, not with the first search. Without its models the server is of no use.
  live.current().catch((error: unknown) => ending.abort(error));
  const serving = { ...context, signal: AbortSignal.any([context.signal, ending.signal]) };
  if (flags.http === undefined) await serveStdio(factory, serving);
  else await (await import("../mcp/serve-http.js")).serveHttp(factory, flags.http, serving);
  return EXIT.ok;
}
