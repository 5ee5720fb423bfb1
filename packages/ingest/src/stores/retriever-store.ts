import { invalid } from "@bge-js/core/adapter";
import type { Retriever } from "@bge-js/retriever";
import type { IngestStore } from "../api.js";
import { INGESTED } from "../pipeline/documents.js";
import { addChunks, chunkId, type Ingested } from "./retriever-chunks.js";

/**
 * Stores chunks in a retriever of `@bge-js/retriever`, in a directory or in memory. A chunk is a document there: its id is
 * `DOCUMENT#POSITION`, and its field `ingested` says of which document it is. A chunk whose text is the same in a new version of
 * its document is not read again. One process at a time can write to a directory.
 *
 * @throws BgeError `INVALID_OPTION`
 */
export function retrieverStore(retriever: Retriever): IngestStore {
  const methods = ["add", "remove", "has", "get", "ids"] as const;
  const isOne = typeof retriever === "object" && retriever !== null;
  if (!isOne || methods.some((method) => typeof retriever[method] !== "function")) {
    throw invalid("retriever", "must be a loaded retriever of @bge-js/retriever");
  }

  const of = (id: string) => retriever.get(id)?.[INGESTED] as Ingested | undefined;

  /** The ids of a document's chunks from a position on. No place before a chunk is ever empty, but the first. */
  function chunksFrom(document: string, position: number): string[] {
    const ids: string[] = [];
    for (let at = position; at === 0 || of(chunkId(document, at))?.document === document; at++) {
      ids.push(chunkId(document, at));
    }
    // In this order, what is left when it ends early has no empty place either.
    return ids.reverse();
  }

  /** What a document that was put in part has behind its first empty place. */
  function behindGap({ id, chunks }: { readonly id: string; readonly chunks: readonly unknown[] }): string[] {
    const places = chunks.map((_, at) => chunkId(id, at));
    const gap = places.findIndex((place, at) => at > 0 && of(place)?.document !== id);
    return gap < 0 ? [] : places.slice(gap).reverse();
  }

  /** Undefined while another version is being put in the place of this one. */
  function wholeVersion(document: string): string | undefined {
    const head = of(chunkId(document, 0));
    if (head?.document !== document) return undefined;
    const isOwn = (position: number) => of(chunkId(document, position))?.version === head.version;
    for (let position = 1; position < head.chunks; position++) if (!isOwn(position)) return undefined;
    return of(chunkId(document, head.chunks)) === undefined ? head.version : undefined;
  }

  return {
    embedder: retriever.embedder,

    async versions(ids) {
      return ids.map(wholeVersion);
    },

    async put(documents, options) {
      // The first chunk comes last: with it, the document is whole.
      const failed = await addChunks(retriever, documents, options, (position) => position > 0);
      const bad = new Set(failed.map(({ id }) => id));
      const good = documents.filter(({ id }) => !bad.has(id));
      const gaps = documents.filter(({ id }) => bad.has(id)).flatMap(behindGap);
      const surplus = [...gaps, ...good.flatMap(({ id, chunks }) => chunksFrom(id, chunks.length))];
      if (surplus.length > 0) await retriever.remove(surplus);
      return [...failed, ...(await addChunks(retriever, good, options, (position) => position === 0))];
    },

    async remove(ids) {
      await retriever.remove(ids.flatMap((id) => chunksFrom(id, 0)));
    },

    async *ids() {
      for await (const id of retriever.ids()) {
        const own = of(id);
        if (own !== undefined) yield own.document;
      }
    },
  };
}
