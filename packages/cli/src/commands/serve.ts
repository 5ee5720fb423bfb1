import { once } from "node:events";
import { serve as startServer } from "@bge-js/server";
import type { Context } from "../context.js";
import { EXIT } from "../exit.js";
import { downloadOptions, type PlaceFlags } from "../model-flags.js";

export interface ServeFlags extends PlaceFlags {
  /** The reranker's name; false for none. */
  readonly reranker: string | false;
  readonly host?: string;
  readonly port: number;
  /** The environment variable that holds the key. */
  readonly keyEnv?: string;
  readonly autoTruncate?: boolean;
}

/** Serves models by HTTP until it is stopped, and then finishes the requests it has accepted. Returns the exit code. */
export async function serve(flags: ServeFlags, context: Context): Promise<number> {
  const { model, reranker, host, port, keyEnv, autoTruncate } = flags;
  const { signal, note } = context;
  const load = downloadOptions(flags);
  await using server = await startServer({
    port,
    embedderOptions: load,
    ...(model !== undefined && { embedder: model }),
    ...(reranker !== false && { reranker, rerankerOptions: load }),
    ...(host !== undefined && { host }),
    ...(keyEnv !== undefined && { apiKey: { env: keyEnv } }),
    ...(autoTruncate && { autoTruncate }),
  });
  note(`bge: serving on ${server.url}`);
  if (!signal.aborted) await once(signal, "abort");
  return EXIT.ok;
}
