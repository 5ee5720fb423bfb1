// The stores that a probe can fill: a table of PostgreSQL, or a collection of Qdrant.
import { createHash } from "node:crypto";
import { loadEmbedder } from "@bge-js/core";
import { postgresStore } from "@bge-js/ingest";
import { qdrantStore } from "@bge-js/ingest/qdrant";
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { ask } from "@bge-js/qdrant/adapter";
import { QdrantClient } from "@qdrant/js-client-rest";
import pg from "pg";
import { paragraphs } from "./documents.mjs";

/** What every process does with a document: paragraphs, a model, and a table or collection of that name. */
export async function openRecipe({ store, url, table, model, threads = 1 }) {
  const embedder = await loadEmbedder(model, { threads, workers: 1, truncation: "silent" });
  const opened = await OPEN[store](url, table, embedder);
  return {
    recipe: { store: opened.store, embedder, chunk: paragraphs, recipe: "paragraphs" },
    async close() {
      await opened.close();
      await embedder.dispose();
    },
  };
}

const OPEN = {
  async postgres(url, table) {
    const pool = poolOf(url);
    const query = (text, values) => pool.query(text, values);
    return { store: postgresStore({ query, table }), close: () => pool.end() };
  },
  async qdrant(url, collection, embedder) {
    // All processes weigh words alike, whichever is first.
    const options = { collection, embedder, reranker: false, averageWords: 20 };
    const retriever = await loadQdrantRetriever({ client: clientOf(url), ...options });
    return { store: qdrantStore(retriever), close: () => retriever.dispose() };
  },
};

/** Counts the chunks and the whole documents of the second table, and what is not the same in both. */
export function compare(store, url, tables) {
  return COMPARE[store](url, tables);
}

const COMPARE = {
  async postgres(url, [first, second]) {
    const pool = poolOf(url);
    const count = async (from) => Number((await pool.query(`SELECT count(*) AS n FROM ${from}`)).rows[0].n);
    const except = (one, other) => count(`(SELECT * FROM ${one} EXCEPT SELECT * FROM ${other}) AS d`);
    const differences = async (of) => (await except(of(first), of(second))) + (await except(of(second), of(first)));
    const chunks = (table) =>
      `(SELECT document, position, version, text, fields::text, embedding::text FROM ${table}) AS ${table}_chunks`;
    const noted = (table) => `(SELECT id, version, whole FROM ${table}_documents) AS ${table}_noted`;
    const result = {
      rows: await count(second),
      stored: await count(`${second}_documents WHERE whole`),
      different: (await differences(chunks)) + (await differences(noted)),
    };
    await pool.end();
    return result;
  },
  async qdrant(url, [first, second]) {
    const [one, other] = [await contents(url, first), await contents(url, second)];
    const ids = new Set([...one.points.keys(), ...other.points.keys()]);
    const different = [...ids].filter((id) => one.points.get(id) !== other.points.get(id)).length;
    const isWhole = ({ versions, chunks, found }) => versions.size === 1 && found === chunks;
    const documents = [...other.documents.values()];
    const stored = documents.filter(isWhole).length;
    return { rows: other.points.size, stored, different: different + documents.length - stored };
  },
};

/** All points of a collection, with their vectors, as hashes; and the documents that they say they are of. */
async function contents(url, collection) {
  const client = clientOf(url);
  const points = new Map();
  const documents = new Map();
  let offset;
  do {
    const page = { limit: 1000, with_payload: true, with_vector: true, ...(offset && { offset }) };
    const found = await ask(`list ${collection}`, () => client.scroll(collection, page));
    for (const { id, payload, vector } of found.points) {
      points.set(id, createHash("sha256").update(sortedJson({ payload, vector })).digest("base64"));
      const { document, version, chunks } = payload.ingested;
      const own = documents.get(document) ?? { versions: new Set(), chunks, found: 0 };
      own.versions.add(version);
      own.found++;
      documents.set(document, own);
    }
    offset = found.next_page_offset;
  } while (offset);
  return { points, documents };
}

function sortedJson(value) {
  return JSON.stringify(value, (_, one) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

function poolOf(url) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on("error", () => {});
  return pool;
}

function clientOf(url) {
  return new QdrantClient({ url, checkCompatibility: false });
}
