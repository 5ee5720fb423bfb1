import { rm } from "node:fs/promises";
import type { BgeError, Embedder } from "@bge-js/core";
import type { Retriever, RetrieverOptions } from "@bge-js/retriever";
import { loadRetrieverFor } from "@bge-js/retriever/adapter";
import type { Context } from "../context.js";
import type { IndexedPassage } from "./update.js";

/**
 * Opens the index in a folder of ours; without a folder, one in memory. An index that another model made, or that is
 * damaged, is made anew: all of it comes from files that are there.
 */
export async function openRetriever(
  directory: string | undefined,
  loading: Promise<Embedder>,
  options: Omit<RetrieverOptions, "embedder">,
  readOnly: boolean,
  { note }: Pick<Context, "note">,
): Promise<Retriever<IndexedPassage>> {
  const kept = directory === undefined ? {} : { directory, readOnly };
  const open = () => loadRetrieverFor<IndexedPassage>(loading, { ...options, ...kept });
  try {
    return await open();
  } catch (error) {
    const { code, message } = error as BgeError;
    const isSpoilt = code === "STORE_MISMATCH" || code === "STORE_CORRUPT";
    if (directory === undefined || readOnly || !isSpoilt) throw error;
    note(`bge: ${message} It is made anew.`);
    await rm(directory, { recursive: true, force: true });
    return open();
  }
}
