import { loadEmbedder, loadReranker, onEvent } from "@bge-js/core";
import { ingest, postgresRows, postgresStore } from "@bge-js/ingest";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { fixture } from "./support/models.js";

const MODEL = { directory: fixture("tiny-bert-cls"), lateInteraction: true };
const whole = { chunk: ({ text }: { readonly text: string }) => [text], recipe: "whole" };

describe("in PostgreSQL (PGlite)", () => {
  let db: PGlite;
  const query = (text: string, values: unknown[]) => db.query<Record<string, unknown>>(text, values);
  beforeAll(async () => {
    db = await PGlite.create({ extensions: { vector } });
    await db.exec("CREATE EXTENSION vector; CREATE SCHEMA other");
  });
  afterAll(() => db.close());

  const texts = Array.from({ length: 20 }, (_, i) => `text number ${i} and so on`);

  test("vectors are searched with SQL, in either type; a table of another model is refused before anything is stored", async () => {
    await using embedder = await loadEmbedder(MODEL);
    for (const [table, type] of [
      ["docs", "vector"],
      ["other.docs", "halfvec"],
    ] as const) {
      const store = postgresStore({ query, table, type });
      await ingest(texts, { store, embedder, ...whole });
      const wanted = await embedder.embedDocuments([texts[7]!]);
      const near = `SELECT text FROM ${table} ORDER BY embedding <=> $1::${type} LIMIT 1`;
      const { rows } = await query(near, [`[${wanted[0]!.join(",")}]`]);
      expect(rows).toEqual([{ text: texts[7] }]);
    }
    await using shorter = await loadEmbedder(MODEL, { dimensions: 8 });
    const call = ingest(["a"], { store: postgresStore({ query, table: "docs" }), embedder: shorter, ...whole });
    await expect(call).rejects.toMatchObject({ code: "STORE_MISMATCH", parameter: "table" });
    const other = ingest(["a"], {
      store: postgresStore({ query, table: "docs", type: "halfvec" }),
      embedder,
      ...whole,
    });
    await expect(other).rejects.toMatchObject({ code: "STORE_MISMATCH" });
    const missing = ingest(["a"], { store: postgresStore({ query, table: "none.docs" }), embedder, ...whole });
    await expect(missing).rejects.toMatchObject({ code: "STORE_FAILED", message: expect.stringContaining("3F000") });
  });

  test("a document that another process was storing when it ended is not taken for stored, and its remains go", async () => {
    await using embedder = await loadEmbedder(MODEL);
    const store = postgresStore({ query, table: "remains" });
    const parts = { chunk: ({ text }: { readonly text: string }) => text.split("\n"), recipe: "lines" };
    const document = { id: "one", text: "a\nb\nc" };
    await ingest([document], { store, embedder, ...parts });
    // As after the first of the two statements that store a document.
    await query("UPDATE remains_documents SET whole = false", []);
    await query(
      "INSERT INTO remains SELECT document, 9, 'older', text, fields, embedding FROM remains WHERE position = 0",
      [],
    );
    expect(await ingest([document], { store, embedder, ...parts })).toMatchObject({ stored: 1, unchanged: 0 });
    const { rows } = await query("SELECT position FROM remains ORDER BY position", []);
    expect(rows.map(({ position }) => position)).toEqual([0, 1, 2]);
    expect(await ingest([document], { store, embedder, ...parts })).toMatchObject({ stored: 0, unchanged: 1 });
  });

  test("a connection that breaks is tried again", async () => {
    await using embedder = await loadEmbedder(MODEL);
    let broken = 0;
    const shaky = async (text: string, values: unknown[]) => {
      if (text.includes("INSERT") && broken < 2) {
        broken++;
        throw Object.assign(new Error("terminating connection"), { code: "57P01" });
      }
      return query(text, values);
    };
    const store = postgresStore({ query: shaky, table: "shaky" });
    expect(await ingest(texts, { store, embedder, ...whole })).toMatchObject({ stored: 20 });
    expect(broken).toBe(2);
  });

  test("token rows that ingestion kept are read by a reranker elsewhere", async () => {
    const keep = await postgresRows({ query });
    await using embedder = await loadEmbedder(MODEL, { keep });
    await ingest(texts, { store: postgresStore({ query, table: "kept" }), embedder, ...whole });
    const seen: unknown[] = [];
    onTestFinished(onEvent("bge-js:keep", (event) => seen.push(event)));
    await using plain = await loadReranker(MODEL, { keep: false });
    await using reranker = await loadReranker(MODEL, { keep: await postgresRows({ query }) });
    expect(await reranker.score("number 7", texts)).toEqual(await plain.score("number 7", texts));
    expect(seen).toMatchObject([{ found: 20, read: 0 }]);
    expect(await keep.get(["none"])).toEqual([undefined]);
    const [rows, others] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    await keep.put([rows, others, rows].map((one, i) => ({ key: i === 1 ? "other" : "twice", rows: one })));
    expect((await keep.get(["twice", "other"])).map((one) => [...one!])).toEqual([[1, 2], [3]]);
  });

  test("an id that PostgreSQL cannot store fails by itself", async () => {
    await using embedder = await loadEmbedder(MODEL);
    const failed: string[] = [];
    const documents = ["a", "b\0", "c"].map((id) => ({ id, text: `text of ${id.slice(0, 1)}` }));
    const options = { store: postgresStore({ query, table: "nul" }), embedder, ...whole };
    const counts = await ingest(documents, { ...options, onFailed: ({ id }) => void failed.push(id!) });
    expect(counts).toMatchObject({ stored: 2, failed: 1 });
    expect(failed).toEqual(["b\0"]);
  });
});
