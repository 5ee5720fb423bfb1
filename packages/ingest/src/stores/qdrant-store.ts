import { invalid } from "@bge-js/core/adapter";
import type { Filter, QdrantRetriever } from "@bge-js/qdrant";
import { ask } from "@bge-js/qdrant/adapter";
import type { IngestStore, StoreCallOptions } from "../api.js";
import { INGESTED } from "../pipeline/documents.js";
import { addChunks, type Ingested } from "./retriever-chunks.js";

/** Payload field with the id of a chunk's document. */
const DOCUMENT = `${INGESTED}.document`;
/** Points of a page. */
const PAGE = 1000;

interface Point {
  readonly point: string;
  readonly ingested: Ingested | undefined;
}

/**
 * Stores chunks in a collection of `@bge-js/qdrant`, for which it makes a payload index. A chunk is a point: its id follows from
 * `DOCUMENT#POSITION`, and its payload field `ingested` says of which document it is. Many processes may write at once.
 *
 * @throws BgeError `INVALID_OPTION`
 */
export function qdrantStore(retriever: QdrantRetriever): IngestStore {
  if (typeof retriever?.client?.scroll !== "function" || typeof retriever.add !== "function") {
    throw invalid("retriever", "must be a loaded retriever of @bge-js/qdrant");
  }
  const { client, collection } = retriever;

  async function* points(filter: Filter | undefined, { signal }: StoreCallOptions): AsyncGenerator<Point> {
    let offset: unknown;
    do {
      const page = {
        limit: PAGE,
        with_payload: [INGESTED],
        with_vector: false,
        ...(filter && { filter }),
        ...(offset !== undefined && { offset: offset as string }),
      };
      const found = await ask(`look up documents in ${collection}`, () => client.scroll(collection, page), signal);
      for (const { id, payload } of found.points) {
        yield { point: String(id), ingested: payload?.[INGESTED] as Ingested | undefined };
      }
      offset = found.next_page_offset ?? undefined;
    } while (offset !== undefined);
  }

  const of = (ids: readonly string[]): Filter => ({ must: [{ key: DOCUMENT, match: { any: [...ids] } }] });

  return {
    embedder: retriever.embedder,

    async prepare({ signal }) {
      const index = { field_name: DOCUMENT, field_schema: "keyword", wait: true } as const;
      await ask(`make an index of ${collection}`, () => client.createPayloadIndex(collection, index), signal);
    },

    async versions(ids, options) {
      const found = new Map<string, Ingested[]>(ids.map((id) => [id, []]));
      for await (const { ingested } of points(of(ids), options)) found.get(ingested!.document)?.push(ingested!);
      return ids.map((id) => {
        const [first, ...others] = found.get(id)!;
        const isWhole = first?.chunks === 1 + others.length && others.every(({ version }) => version === first.version);
        return isWhole ? first!.version : undefined;
      });
    },

    async put(documents, options) {
      const failed = await addChunks(retriever, documents, options);
      const bad = new Set(failed.map(({ id }) => id));
      const versions = new Map(documents.map(({ id, version }) => [id, version]));
      const surplus: string[] = [];
      for await (const { point, ingested } of points(of([...versions.keys()]), options)) {
        const { document, version } = ingested!;
        if (!bad.has(document) && versions.get(document) !== version) surplus.push(point);
      }
      const gone = () => client.delete(collection, { wait: true, points: surplus });
      if (surplus.length > 0) await ask(`remove chunks from ${collection}`, gone, options.signal);
      return failed;
    },

    async remove(ids, { signal }) {
      const gone = () => client.delete(collection, { wait: true, filter: of(ids) });
      await ask(`remove documents from ${collection}`, gone, signal);
    },

    async *ids(options) {
      for await (const { ingested } of points(undefined, options)) if (ingested !== undefined) yield ingested.document;
    },
  };
}
