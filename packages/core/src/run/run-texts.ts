import { BgeError } from "../api/errors.js";
import type { Batching } from "../api/model.js";
import type { InputType } from "../api/options.js";
import type { EngineCall } from "../engine/pool.js";
import type { Encoded, Encoding, Head, TokenRows } from "../protocol.js";
import { rowsSize } from "../protocol.js";
import { pickRows, planBatches } from "./batches.js";
import type { TextResult } from "./results.js";
import type { Truncation } from "./truncation-report.js";
import { mapAhead, type Window, windows } from "./windows.js";

/** What is to be done with texts. */
export interface TextTask {
  readonly encoding: Extract<Encoding, { maxTokens: number }>;
  readonly heads: readonly Head[];
  readonly batching: Batching;
}

/** Who is told what while a list is run. */
interface RunReports {
  readonly truncation: Truncation;
  readonly inputType: InputType;
  readonly onDone?: (count: number) => void;
}

/** Texts under way at once, two full windows: one is being finished while the next fills the workers. */
const TEXTS_AHEAD = 512;
/** Characters that one encoding message carries at the most, unless one text alone has more. */
const ENCODE_CHARACTERS = 1 << 16;

/** Runs texts window by window, with `run` for each; results in order, drawn only as fast as they are read. */
export function runWindows(
  texts: Iterable<string> | AsyncIterable<string>,
  run: (window: Window) => Promise<TextResult[]>,
): AsyncGenerator<{ offset: number; results: TextResult[] }, void, undefined> {
  return mapAhead(
    windows(texts),
    TEXTS_AHEAD,
    async (window) => ({
      offset: window.offset,
      results: await run(window),
    }),
    (window) => window.texts.length,
  );
}

/** Runs a whole list, reports what was cut, and gives the results in input order. */
export async function runAll(
  call: EngineCall,
  texts: readonly string[],
  task: TextTask,
  { truncation, inputType, onDone }: RunReports,
): Promise<TextResult[]> {
  const all: TextResult[] = [];
  for await (const { offset, results } of runWindows(texts, (window) => runTexts(call, window.texts, task, onDone))) {
    truncation.report(results, inputType, offset);
    all.push(...results);
  }
  return all;
}

/** Runs texts through the model in batches that cannot change their numbers; results in input order. */
export async function runTexts(
  call: EngineCall,
  texts: readonly string[],
  task: TextTask,
  onDone: (count: number) => void = () => {},
): Promise<TextResult[]> {
  if (task.batching === "alone" || texts.length === 1) return runEachAlone(call, texts, task, onDone);
  const encoded = await encodeTexts(call, texts, task.encoding, !call.retryLost).catch(ofTexts);
  if (encoded instanceof BgeError) {
    if (isLost(call, encoded)) return runEachAlone(call, texts, task, onDone);
    onDone(texts.length);
    return texts.map(() => ({ error: encoded }));
  }
  const { rows, totals } = encoded;
  const results = new Array<TextResult>(texts.length);
  await Promise.all(
    planBatches(rows.lengths, task.batching).map(async (indices) => {
      const batch = await runBatch(call, pickRows(rows, indices), task.heads);
      for (const [i, index] of indices.entries()) {
        const result = batch[i]!;
        results[index] = result.error ? result : { ...result, tokens: totals[index]! };
      }
      onDone(indices.length);
    }),
  );
  return results;
}

function runEachAlone(
  call: EngineCall,
  texts: readonly string[],
  task: TextTask,
  onDone: (count: number) => void,
): Promise<TextResult[]> {
  return Promise.all(
    texts.map(async (text) => {
      const result = await runAlone(call, text, task);
      onDone(1);
      return result;
    }),
  );
}

/** Token rows and counts; in several messages, so that the workers share the encoding. `again` as in `EngineCall.run`. */
export async function encodeTexts(
  call: EngineCall,
  texts: readonly string[],
  encoding: Encoding,
  again = true,
): Promise<Encoded> {
  const parts = await Promise.all(
    chunksOf(texts).map((chunk) => call.run({ type: "encode", texts: chunk, encoding }, again)),
  );
  const join = (pick: (part: Encoded) => Int32Array) => joined(parts.map(pick));
  return {
    rows: { ids: join((p) => p.rows.ids), lengths: join((p) => p.rows.lengths), seconds: join((p) => p.rows.seconds) },
    totals: join((p) => p.totals),
  };
}

/** Tokens of each text alone, special tokens included, before any cut. */
export async function countTexts(call: EngineCall, texts: readonly string[]): Promise<Int32Array> {
  return (await encodeTexts(call, texts, { form: "count" })).totals;
}

/** Tokens of each text as encoded, before any cut. */
export async function lengthsOf(
  call: EngineCall,
  texts: readonly string[],
  encoding: TextTask["encoding"],
): Promise<Int32Array> {
  // Few-shot examples count too, and what is cut depends on them.
  return encoding.form === "few-shot" ? (await encodeTexts(call, texts, encoding)).totals : countTexts(call, texts);
}

/** The same for the texts that would be cut; 0 for those that are read whole. */
export async function lengthsOverLimit(
  call: EngineCall,
  texts: readonly string[],
  encoding: TextTask["encoding"],
): Promise<Int32Array> {
  if (encoding.form !== "few-shot") {
    return (await countTexts(call, texts)).map((tokens) => (tokens > encoding.maxTokens ? tokens : 0));
  }
  const { rows, totals } = await encodeTexts(call, texts, encoding);
  return totals.map((tokens, i) => (tokens > rows.lengths[i]! ? tokens : 0));
}

async function runAlone(call: EngineCall, text: string, { encoding, heads }: TextTask): Promise<TextResult> {
  try {
    const { data, faulty, keptRows, kept, total } = await call.run({ type: "encode-and-run", text, encoding, heads });
    if (kept === 0) return { error: nothingToRead() };
    return faulty.length > 0 ? { error: notFinite() } : { data, ...rowsOf(keptRows, 0), tokens: total, kept };
  } catch (error) {
    return { error: ofTexts(error) };
  }
}

async function runBatch(call: EngineCall, rows: TokenRows, heads: readonly Head[]): Promise<TextResult[]> {
  const count = rows.lengths.length;
  // Longest first: if the first has no token, none has.
  if (rows.lengths[0] === 0) return Array.from(rows.lengths, () => ({ error: nothingToRead() }));
  try {
    const { data, faulty, keptRows } = await call.run({ type: "run", rows, heads });
    let from = 0;
    return Array.from(rows.lengths, (kept, row) => {
      const to = from + rowsSize(heads, kept);
      // A copy: each vector gets a buffer of its own.
      const own = data.slice(from, to);
      from = to;
      return faulty.includes(row)
        ? { error: notFinite() }
        : { data: own, ...rowsOf(keptRows, row), tokens: kept, kept };
    });
  } catch (error) {
    if (count > 1 && isLost(call, error)) {
      const each = Array.from({ length: count }, (_, row) => runBatch(call, pickRows(rows, [row]), heads));
      return (await Promise.all(each)).flat();
    }
    return Array.from(rows.lengths, () => ({ error: ofTexts(error) }));
  }
}

function rowsOf(keptRows: readonly Uint8Array[] | undefined, row: number): { keptRows?: Uint8Array } {
  return keptRows === undefined ? {} : { keptRows: keptRows[row]! };
}

/** A model's failure belongs to its texts; the end of the model, a refusal, and what is no error of ours, to the whole call. */
function ofTexts(error: unknown): BgeError {
  if (!(error instanceof BgeError) || error.code === "DISPOSED" || error.code === "OVERLOADED") throw error;
  return error;
}

/** Has a worker died over several inputs, and is each of them to have another? */
function isLost(call: EngineCall, error: unknown): boolean {
  return call.retryLost && error instanceof BgeError && error.code === "WORKER_LOST";
}

function notFinite(): BgeError {
  return new BgeError(
    "INFERENCE_FAILED",
    "The model gave no usable numbers: one that is not finite, or a vector of zeros",
  );
}

function nothingToRead(): BgeError {
  return new BgeError(
    "INVALID_INPUT",
    "A text without any token: this model's tokenizer adds none of its own, so there is nothing to run",
  );
}

function chunksOf(texts: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    if (characters + text.length > ENCODE_CHARACTERS) {
      chunks.push([]);
      characters = 0;
    }
    chunks.at(-1)!.push(text);
    characters += text.length;
  }
  return chunks;
}

function joined(arrays: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
