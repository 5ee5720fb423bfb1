import { createHash } from "node:crypto";
import { messageOf } from "../api/errors.js";
import { publish } from "../api/events.js";
import type { RowEntry, RowStore } from "../api/keep.js";
import type { EmbeddingSpec, OpenSource, ServedSource } from "../api/model.js";
import type { Head } from "../protocol.js";
import { rowsSize } from "../protocol.js";
import { isIntact, splitWindows } from "../rows/windows.js";
import { mainOutput } from "../run/outputs.js";
import { IN_WINDOWS } from "../run/read-windows.js";
import type { TextResult } from "../run/results.js";
import { CUT, type Reading } from "../run/run-texts.js";

/** What the rows of a text depend on, apart from the text. */
interface ReadBy {
  readonly spec: EmbeddingSpec;
  readonly source: OpenSource | ServedSource;
  readonly dimensions: number;
  readonly maxTokens: number;
}

/** Changes with the form of kept rows, and with how texts are divided into windows. */
const FORM = 1;

export function keptRowsHead(spec: EmbeddingSpec, dimensions: number): Head {
  return { type: "kept-rows", output: mainOutput(spec), dimensions };
}

/** Reads texts as `IN_WINDOWS`, but none that the store has. */
export function remembering(store: RowStore | undefined, readBy: ReadBy): Reading {
  if (store === undefined) return IN_WINDOWS;
  const { get, put, report } = guarded(store, readBy);
  const keyOf = keysOf(readBy);

  return {
    overLimit: IN_WINDOWS.overLimit,
    knows: async (texts) => (await get(texts.map(keyOf))).map((rows) => rows !== undefined),
    async run(call, texts, task, onDone = () => {}) {
      const keys = texts.map(keyOf);
      const found = await get(keys);
      /** By key, so that a text that occurs twice is read once. */
      const results = new Map<string, TextResult>();
      const missing = new Map<string, string>();
      let damaged = 0;
      for (const [i, key] of keys.entries()) {
        const rows = found[i];
        if (rows !== undefined && isIntact(rows, readBy.dimensions)) results.set(key, resultOf(rows));
        else {
          if (rows !== undefined) damaged++;
          missing.set(key, texts[i]!);
        }
      }
      onDone(keys.filter((key) => results.has(key)).length);
      const counted = { found: results.size, read: missing.size, damaged };
      if (missing.size > 0) {
        const read = await IN_WINDOWS.run(call, [...missing.values()], task, onDone);
        const unread = [...missing.keys()];
        for (const [i, key] of unread.entries()) results.set(key, read[i]!);
        await put(entriesOf(unread, read));
      }
      report(counted);
      return keys.map((key) => results.get(key)!);
    },
  };
}

/** Reads texts for their vectors as `CUT`, and keeps their rows. Those of what is beyond the limit are kept, too. */
export function keepingBeside(store: RowStore, readBy: ReadBy): Reading {
  const { put, report } = guarded(store, readBy);
  const keyOf = keysOf(readBy);
  const head = keptRowsHead(readBy.spec, readBy.dimensions);

  return {
    overLimit: CUT.overLimit,
    async run(call, texts, task, onDone) {
      const results = await IN_WINDOWS.run(call, texts, { ...task, heads: [...task.heads, head] }, onDone);
      await put(entriesOf(texts.map(keyOf), results));
      report({ found: 0, read: texts.length, damaged: 0 });
      const width = rowsSize(task.heads, 0);
      return results.map((result) =>
        result.error === undefined
          ? {
              data: result.data.slice(0, width),
              tokens: result.tokens,
              kept: Math.min(result.tokens, readBy.maxTokens),
            }
          : result,
      );
    },
  };
}

function entriesOf(keys: readonly string[], results: readonly TextResult[]): RowEntry[] {
  return results.flatMap((result, i) =>
    result.error === undefined ? [{ key: keys[i]!, rows: result.keptRows! }] : [],
  );
}

function resultOf(keptRows: Uint8Array): TextResult {
  const { tokens, kept } = splitWindows(keptRows);
  return { data: new Float32Array(0), keptRows, tokens, kept };
}

function keysOf({ spec, source, dimensions, maxTokens }: ReadBy): (text: string) => string {
  const { fingerprint, dtype, batching, device } = source;
  const facts = [
    FORM,
    fingerprint,
    dtype,
    batching,
    device,
    dimensions,
    maxTokens,
    mainOutput(spec),
    spec.lowerCase ?? false,
  ];
  const model = createHash("sha256").update(JSON.stringify(facts));
  return (text) => model.copy().update(text).digest("base64url");
}

/** The store, of which a failure is told once and costs nothing but time. */
function guarded(store: RowStore, { spec: { id } }: ReadBy) {
  let warned = false;
  let failure: string | undefined;

  function failed(error: unknown): void {
    failure = messageOf(error);
    if (warned) return;
    warned = true;
    process.emitWarning(
      `${id}: the store for kept token rows failed, and texts are read again: ${failure}. This warning is emitted once per model.`,
      { type: "BgeWarning", code: "BGE_KEEP" },
    );
  }

  return {
    async get(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
      try {
        const found = await store.get(keys);
        return keys.map((_, i) => (found[i] === undefined ? undefined : inOwnMemory(found[i])));
      } catch (error) {
        failed(error);
        return keys.map(() => undefined);
      }
    },
    async put(entries: readonly RowEntry[]): Promise<void> {
      if (entries.length === 0) return;
      try {
        await store.put(entries);
      } catch (error) {
        failed(error);
      }
    },
    report(counted: { readonly found: number; readonly read: number; readonly damaged: number }): void {
      const seen = failure === undefined ? counted : { ...counted, failure };
      failure = undefined;
      publish("bge-js:keep", () => ({ model: id, ...seen }));
    },
  };
}

/** Sending a view to a worker would copy all memory that it is a view of. */
function inOwnMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.prototype.slice.call(bytes);
}
