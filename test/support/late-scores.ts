import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Embedder, loadEmbedder } from "@bge-js/core";
import { keptRowsOf } from "@bge-js/core/adapter";
import { loadTokenizer } from "../../packages/core/src/tokenizer/load.js";

/** [CLS] and [SEP] of the BERT vocabularies. */
const SPECIAL: ReadonlySet<number> = new Set([101, 102]);

/**
 * Late interaction of the embedded model with weights by the candidates, as docs/late-interaction.md defines it, from token
 * vectors and ids.
 */
export async function lateScores(query: string, documents: readonly string[]): Promise<number[]> {
  await using embedder = await loadEmbedder(undefined);
  const written = [query, ...documents];
  const vectors = await embedder.embedTokens(written, { inputType: "document" });
  const ids = tokenIds(embedder, written);
  const [asked, ...texts] = ids.map((row, i) => ({ ids: row.slice(1), rows: rowsOf(vectors[i]!).slice(1) }));
  const best = texts.map((text) =>
    asked!.rows.map((row, q) => {
      const bonus = (id: number) => (id === asked!.ids[q] && !SPECIAL.has(id) ? 0.03 : 0);
      return Math.min(1, Math.max(...text.rows.map((other, t) => dot(row, other) + bonus(text.ids[t]!))));
    }),
  );
  const weights = asked!.ids.map((id) => {
    if (SPECIAL.has(id)) return undefined;
    const found = texts.filter((text) => text.ids.includes(id)).length;
    return (Math.log((texts.length + 1) / (found + 0.5)) + 1) * (found === 0 ? 0.5 : 1);
  });
  const known = weights.filter((weight) => weight !== undefined);
  const special = known.length === 0 ? 1 : sum(known) / known.length / 2;
  const all = weights.map((weight) => weight ?? special);
  return best.map((row) => sum(row.map((value, i) => all[i]! * value)) / sum(all));
}

/** The same by what is kept of the documents, which is compressed. */
export async function keptScores(query: string, documents: readonly string[]): Promise<number[]> {
  await using embedder = await loadEmbedder(undefined, { queryInstruction: false });
  const kept = keptRowsOf(embedder)!;
  const rows: Uint8Array[] = [];
  for await (const text of kept.embedStream(documents, {})) rows.push(text!.rows);
  const { side } = await kept.readQuery(query, {});
  return (await kept.match(side, rows, {})).map(({ score }) => score);
}

function tokenIds(embedder: Embedder, texts: readonly string[]): (readonly number[])[] {
  const read = (file: string) => JSON.parse(readFileSync(join(embedder.source.directory, file), "utf8"));
  const tokenizer = loadTokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
  return texts.map((text) => tokenizer.encode(text, { add_special_tokens: true }).ids);
}

function rowsOf({ data, rows, dimensions }: { data: Float32Array; rows: number; dimensions: number }): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => data.subarray(row * dimensions, (row + 1) * dimensions));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((total, value, d) => total + value * b[d]!, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
