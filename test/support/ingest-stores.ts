import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Embedder, loadEmbedder } from "@bge-js/core";
import { type IngestRecipe, type IngestStore, postgresStore, retrieverStore } from "@bge-js/ingest";
import { qdrantStore } from "@bge-js/ingest/qdrant";
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { loadRetriever } from "@bge-js/retriever";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { QdrantClient } from "@qdrant/js-client-rest";
import { fixture } from "./models.js";
import { type QdrantUnderTest, SERVERS } from "./qdrant-servers.js";

const MODEL = { directory: fixture("tiny-bert-cls") };

/** The truest Qdrant that is here. */
const QDRANT = SERVERS.find(({ isHere }) => isHere) ?? SERVERS.at(-1)!;

/** A chunk as a test sees it, whatever has it. */
export interface SeenChunk {
  readonly document: string;
  readonly position: number;
  readonly text: string;
  readonly fields: Record<string, unknown>;
}

export interface StoreUnderTest extends AsyncDisposable {
  readonly recipe: Pick<IngestRecipe, "store" | "embedder">;
  /** All that is stored, ordered by document and position. */
  chunks(): Promise<SeenChunk[]>;
  /** The store as another process finds it. */
  reopened(): Promise<IngestStore>;
  /** A document that this store refuses for what it is, where there is one. */
  readonly refused?: string;
}

export const STORES: readonly {
  readonly name: string;
  readonly isHere: boolean;
  readonly open: () => Promise<StoreUnderTest>;
}[] = [
  { name: "a retriever in memory", isHere: true, open: () => openRetriever(undefined) },
  {
    name: "a retriever in a directory",
    isHere: true,
    open: () => openRetriever(mkdtempSync(join(tmpdir(), "ingest-"))),
  },
  {
    name: `a collection of ${QDRANT.name}`,
    isHere: QDRANT.isHere,
    open: () => openQdrant(QDRANT.start),
  },
  { name: "PostgreSQL (PGlite)", isHere: true, open: openPostgres },
];

async function openRetriever(directory: string | undefined): Promise<StoreUnderTest> {
  const load = () => loadRetriever({ embedder: MODEL, reranker: false, ...(directory && { directory }) });
  let retriever = await load();
  return {
    recipe: { store: retrieverStore(retriever) },
    async chunks() {
      const chunks: SeenChunk[] = [];
      for await (const id of retriever.ids()) chunks.push(seen(retriever.get(id)!));
      return sorted(chunks);
    },
    async reopened() {
      if (directory === undefined) return retrieverStore(retriever);
      await retriever.dispose();
      retriever = await load();
      return retrieverStore(retriever);
    },
    async [Symbol.asyncDispose]() {
      await retriever.dispose();
      if (directory !== undefined) rmSync(directory, { recursive: true });
    },
  };
}

async function openQdrant(start: () => Promise<QdrantUnderTest>): Promise<StoreUnderTest> {
  const server = await start();
  const client = new QdrantClient({ url: server.url, checkCompatibility: false });
  const collection = randomUUID();
  const load = () => loadQdrantRetriever({ client, collection, embedder: MODEL, reranker: false, averageWords: 9 });
  const retriever = await load();
  const opened = [retriever];
  return {
    recipe: { store: qdrantStore(retriever) },
    async chunks() {
      const { points } = await client.scroll(collection, { limit: 10_000, with_payload: true });
      return sorted(
        points.map(({ payload }) => {
          const { bge_hash: _, ...document } = payload as Record<string, unknown>;
          return seen(document);
        }),
      );
    },
    async reopened() {
      opened.push(await load());
      return qdrantStore(opened.at(-1)!);
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.dispose();
      await client.deleteCollection(collection);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** One for all tests: it takes seconds to start. */
let postgres: Promise<PGlite> | undefined;
let tables = 0;

async function openPostgres(): Promise<StoreUnderTest> {
  postgres ??= PGlite.create({ extensions: { vector } });
  const db = await postgres;
  await db.exec("CREATE EXTENSION IF NOT EXISTS vector");
  const table = `chunks_${tables++}`;
  const embedder = await loadEmbedder(MODEL);
  const query = (text: string, values: unknown[]) => db.query(text, values);
  return {
    recipe: { store: postgresStore({ query, table }), embedder },
    refused: "a \0 in it",
    async chunks() {
      const { rows } = await db.query<SeenChunk>(`SELECT document, position, text, fields FROM ${table}`);
      return sorted(rows);
    },
    async reopened() {
      return postgresStore({ query, table });
    },
    async [Symbol.asyncDispose]() {
      await embedder.dispose();
    },
  };
}

function seen(document: Record<string, unknown>): SeenChunk {
  const { id: _, text, ingested, ...fields } = document;
  const { document: own, position } = ingested as { document: string; position: number };
  return { document: own, position, text: text as string, fields };
}

function sorted(chunks: readonly SeenChunk[]): SeenChunk[] {
  const key = ({ document, position }: SeenChunk) => `${document}\n${String(position).padStart(9, "0")}`;
  return [...chunks].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The model of the stores that are given vectors. */
export function loadTiny(): Promise<Embedder> {
  return loadEmbedder(MODEL);
}
