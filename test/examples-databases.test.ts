import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresRows } from "@bge-js/ingest";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { documentedOutput, type ExampleRun, outputOf } from "./support/examples.js";
import { lancedbLibrary, newerNode } from "./support/extra.js";
import { POSTGRES_SERVERS, type PostgresUnderTest } from "./support/postgres-servers.js";
import { type QdrantUnderTest, SERVERS } from "./support/qdrant-servers.js";

// Each embeds 139 texts, which a busy machine takes its time for.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** An approximate index may find other texts at the end of a hundred, which moves a place, but not the best three. */
const withoutPlaces = (text: string) => text.replace(/place \d+ of \d+/g, "place N of N");

async function expectDocumented(name: string, run: ExampleRun): Promise<void> {
  const expected = withoutPlaces(documentedOutput(name));
  expect(expected).toMatch(/^\d+ texts stored\n\n\? .*\n( {2}.*\n){3}/);
  expect(withoutPlaces(await outputOf(`${name}/main`, run))).toBe(expected);
}

/** The second time everything is stored already. */
async function expectDocumentedTwice(name: string, run: ExampleRun): Promise<void> {
  for (let time = 0; time < 2; time++) await expectDocumented(name, run);
}

async function tableSizes(connectionString: string): Promise<number[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
    const sizes: number[] = [];
    for (const { name } of rows) sizes.push(Number((await client.query(`SELECT count(*) FROM ${name}`)).rows[0].count));
    return sizes;
  } finally {
    await client.end();
  }
}

describe.each(POSTGRES_SERVERS)("pgvector, $name", ({ isHere, start }) => {
  describe.skipIf(!isHere)("as its README says", () => {
    let server: PostgresUnderTest;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test("stores each text once, and finds", async () => {
      await expectDocumentedTwice("pgvector", { environment: { DATABASE_URL: server.url } });
      expect(await tableSizes(server.url)).toEqual([139, 139]); // the texts, and what was read of them
    });

    test("a table of rows is a store: what is put last is found, also of a key that is put twice at once", async () => {
      const pool = new pg.Pool({ connectionString: server.url });
      try {
        const query = (text: string, values: unknown[]) => pool.query(text, values);
        const store = await postgresRows({ query });
        const twice = { key: "b", rows: Uint8Array.of(0, 1, 255) };
        await store.put([twice, { key: "a", rows: Uint8Array.of(2) }, twice]);
        await store.put([{ key: "a", rows: Uint8Array.of(3) }]);
        const found = await store.get(["b", "none", "a", "b"]);
        expect(found.map((rows) => rows && [...rows])).toEqual([[0, 1, 255], undefined, [3], [0, 1, 255]]);
        expect(await store.get([])).toEqual([]);
      } finally {
        await pool.end();
      }
    });
  });
});

describe("in a folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bge-js-examples-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.skipIf(newerNode === undefined)("sqlite: stores each text once, and finds", () =>
    expectDocumentedTwice("sqlite", { args: [join(folder, "sqlite.db")], node: newerNode! }),
  );

  test.skipIf(lancedbLibrary === undefined)("lancedb: stores each text once, and finds", () =>
    expectDocumentedTwice("lancedb", {
      args: [join(folder, "lancedb")],
      environment: { NAPI_RS_NATIVE_LIBRARY_PATH: lancedbLibrary },
    }),
  );
});

/** The truest Qdrant that is here: which of them does as the others is tested elsewhere. */
const [truest] = SERVERS.filter(({ isHere }) => isHere);

describe.each(SERVERS)("Qdrant, $name", ({ name, start }) => {
  describe.skipIf(name !== truest?.name)("as the READMEs say", () => {
    let server: QdrantUnderTest;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test.each(["langchain-qdrant", "llamaindex-qdrant"])("%s: stores, and finds", (name) =>
      expectDocumented(name, { environment: { QDRANT_URL: server.url } }),
    );
  });
});
