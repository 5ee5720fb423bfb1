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
  // The first index begins now, not with the first search. Without its models the server is of no use.
  const failed = live.current().then(() => new Promise<never>(() => {}));
  const serving =
    flags.http === undefined
      ? serveStdio(factory, context)
      : import("../mcp/serve-http.js").then(({ serveHttp }) => serveHttp(factory, flags.http!, context));
  await Promise.race([serving, failed]);
  return EXIT.ok;
}
