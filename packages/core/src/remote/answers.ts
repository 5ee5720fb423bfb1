import type { Embedded } from "./dialect.js";
import { BadAnswer } from "./failure.js";

/** Readers of what servers answer. What is not as it must be is an error, never a guess. */

export function bad(problem: string): BadAnswer {
  return new BadAnswer(`The server's answer cannot be used: ${problem}`, { retriable: false });
}

export function listIn(json: unknown, name: string): readonly unknown[] {
  const list = (json as Readonly<Record<string, unknown>> | undefined | null)?.[name];
  if (!Array.isArray(list)) throw bad(`it has no list ${JSON.stringify(name)}`);
  return list;
}

export function listOf(json: unknown, count: number): readonly unknown[] {
  if (!Array.isArray(json)) throw bad("it is not a list");
  if (json.length !== count) throw bad(`it has ${json.length} results for ${count} texts`);
  return json;
}

/** Puts items in the order of their `index`, each of which must be there once. */
export function inOrder(items: readonly unknown[], count: number): readonly Readonly<Record<string, unknown>>[] {
  if (items.length !== count) throw bad(`it has ${items.length} results for ${count} texts`);
  const ordered = new Array<Readonly<Record<string, unknown>> | undefined>(count).fill(undefined);
  for (const item of items as readonly (Readonly<Record<string, unknown>> | null)[]) {
    const index = item?.["index"];
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= count) {
      throw bad(`it has an index ${String(index)} for ${count} texts`);
    }
    if (ordered[index as number] !== undefined) throw bad(`it has the index ${String(index)} twice`);
    ordered[index as number] = item!;
  }
  // As many items as places, and none taken twice.
  return ordered as Readonly<Record<string, unknown>>[];
}

/** Reads a vector: numbers, or base64 of little-endian float32. */
export function vectorFrom(value: unknown): Embedded {
  const data = typeof value === "string" ? fromBase64(value) : fromNumbers(value);
  return { data, width: data.length };
}

/** Reads rows of one width, one after another. */
export function rowsFrom(value: unknown): Embedded {
  if (!Array.isArray(value) || value.length === 0) throw bad("it has no rows for a text");
  const rows = value.map(fromNumbers);
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    if (row.length !== width) throw bad("the rows of a text have different widths");
    data.set(row, i * width);
  }
  return { data, width };
}

/** Reads `{ index, value }[]` as pairs. */
export function pairsFrom(value: unknown): Embedded {
  if (!Array.isArray(value)) throw bad("it has no list of weights for a text");
  const data = new Float32Array(2 * value.length);
  for (const [i, entry] of value.entries()) {
    const { index, value: weight } = entry as { readonly index: unknown; readonly value: unknown };
    // Exact as float32, as ids of tokens are.
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= 2 ** 24 || !Number.isFinite(weight)) {
      throw bad("a weight is not { index, value }");
    }
    data[2 * i] = index as number;
    data[2 * i + 1] = weight as number;
  }
  return { data, width: 2 };
}

export function scoreFrom(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw bad(`a score is ${String(value)}`);
}

function fromNumbers(value: unknown): Float32Array {
  if (!Array.isArray(value) || value.length === 0) throw bad("a vector is missing");
  // JSON has no NaN, which servers write as null; Number(null) would be 0.
  for (const one of value) if (typeof one !== "number") throw bad(`a vector has ${String(one)} in it`);
  return Float32Array.from(value as readonly number[]);
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === 0 || bytes.length % 4 !== 0) throw bad("a vector is not base64 of float32");
  const data = new Float32Array(bytes.length / 4);
  for (let i = 0; i < data.length; i++) data[i] = bytes.readFloatLE(4 * i);
  return data;
}
