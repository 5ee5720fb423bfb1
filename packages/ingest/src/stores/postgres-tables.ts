import { BgeError, type Embedder } from "@bge-js/core";
import { listed, vectorFacts } from "@bge-js/core/adapter";
import type { StoreCallOptions } from "../api.js";
import { quoted, type Run } from "./postgres-query.js";

/** Names of a store's three tables, in quotes. */
export interface Tables {
  readonly chunks: string;
  readonly documents: string;
  readonly model: string;
}

export function tablesOf(table: string): Tables {
  return {
    chunks: quoted(table),
    documents: quoted(table, "_documents"),
    model: quoted(table, "_model"),
  };
}

/** Makes the tables, if they are missing, and checks that their vectors are this model's. @throws BgeError `STORE_MISMATCH` */
export async function prepareTables(
  run: Run,
  { chunks, documents, model }: Tables,
  type: "vector" | "halfvec",
  embedder: Embedder,
  options: StoreCallOptions,
): Promise<void> {
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${model} (one boolean PRIMARY KEY CHECK (one), facts jsonb NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS ${documents} (id text PRIMARY KEY, version text NOT NULL, whole boolean NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS ${chunks} (
      document text NOT NULL,
      position integer NOT NULL,
      version text NOT NULL,
      text text NOT NULL,
      fields jsonb NOT NULL,
      embedding ${type}(${embedder.dimensions}) NOT NULL,
      PRIMARY KEY (document, position)
    )`,
  ];
  for (const statement of statements) await createOnce(run, statement, options);
  const facts = { ...vectorFacts(embedder, embedder.source.device), type };
  const noted = `INSERT INTO ${model} (one, facts) VALUES (true, $1::text::jsonb) ON CONFLICT DO NOTHING`;
  await run("note the model", noted, [JSON.stringify(facts)], options);
  const [row] = await run("read the model", `SELECT facts::text AS facts FROM ${model}`, [], options);
  checkFacts(chunks, JSON.parse(String(row?.["facts"] ?? "{}")) as Facts, facts);
}

type Facts = Readonly<Record<string, unknown>>;

/** Two processes that create one table at once may get in each other's way, in spite of IF NOT EXISTS. */
export async function createOnce(run: Run, statement: string, options: StoreCallOptions): Promise<void> {
  try {
    await run("make its tables", statement, [], options);
  } catch (error) {
    const { code } = ((error as { readonly cause?: unknown }).cause ?? {}) as { readonly code?: unknown };
    if (code !== "23505" && code !== "42P07" && code !== "42710") throw error;
    await run("make its tables", statement, [], options);
  }
}

function checkFacts(table: string, stored: Facts, facts: Facts): void {
  const text = (value: unknown) => JSON.stringify(value) ?? "absent";
  const names = [...new Set([...Object.keys(stored), ...Object.keys(facts)])];
  const others = names.filter((name) => text(stored[name]) !== text(facts[name]));
  if (others.length === 0) return;
  const shown = listed(others.map((name) => `${name} is ${text(stored[name])}, not ${text(facts[name])}`));
  const message = `The table ${table} holds the vectors of another model: its ${shown}. Nothing was changed; use another table.`;
  throw new BgeError("STORE_MISMATCH", message, { parameter: "table" });
}
