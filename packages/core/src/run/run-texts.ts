import { BgeError } from "../api/errors.js";
import type { Batching } from "../api/model.js";
import type { InputType } from "../api/options.js";
import type { EngineCall } from "../engine/pool.js";
import type { Encoding, Head, TokenRows } from "../protocol.js";
import { rowsSize } from "../protocol.js";
import { fillOf, pickRows, planBatches } from "./batches.js";
import { countTexts, encodeTexts, isLost } from "./encode-texts.js";
import { located, type TextResult } from "./results.js";
import type { Truncation } from "./truncation-report.js";
import { mapAhead, type Window, windows } from "./windows.js";

/** How to encode and run texts. */
export interface TextTask {
  readonly encoding: Extract<Encoding, { maxTokens: number }>;
  readonly heads: readonly Head[];
  readonly batching: Batching;
  /** A text over the limit is not run: its result has no numbers. For a text alone; of a list, all lengths are known before a run. */
  readonly whole?: boolean;
}

/** Inputs that are too long. */
export interface OverLimit {
  /** The token count of each text, 0 for texts that would not be truncated. */
  readonly tokens: Int32Array;
  /** How many tokens are read of the shortest of them. @default the model's limit */
  readonly limit?: number;
}

/** How texts are read that are longer than the model's limit. */
export interface Reading {
  readonly run: typeof runTexts;
  /** Tells which texts need no run. @default none */
  knows?(texts: readonly string[]): Promise<readonly boolean[]>;
  overLimit(call: EngineCall, texts: readonly string[], encoding: TextTask["encoding"]): Promise<OverLimit>;
}

/** What is beyond the limit is cut off. */
export const CUT: Reading = { run: runTexts, overLimit: lengthsOverLimit };

/** Reporting for the run of a list. */
interface RunReports {
  /** @default CUT */
  readonly reading?: Reading;
  readonly truncation: Truncation;
  readonly inputType: InputType;
  readonly onDone?: (count: number) => void;
}

/** Texts in flight, two full windows: one is being finished while the next keeps the workers busy. */
const TEXTS_AHEAD = 512;

/** The results of a window, in order. */
export interface WindowResults<R = TextResult> {
  readonly offset: number;
  readonly results: R[];
}

/**
 * Runs texts, or other inputs, window by window with `run`. Yields results in order, and draws inputs only as fast as they are
 * read: `ahead` of them, two full windows.
 */
export function runWindows<R, T = string>(
  texts: Iterable<T> | AsyncIterable<T>,
  run: (window: Window<T>) => Promise<R[]>,
  ahead = TEXTS_AHEAD,
  copy?: (text: T) => T,
): AsyncGenerator<WindowResults<R>, void, undefined> {
  return mapAhead(
    windows(texts, ahead / 2, copy),
    ahead,
    async (window) => ({
      offset: window.offset,
      results: await run(window),
    }),
    (window) => window.texts.length,
  );
}

/** Runs a whole list, reports truncation, and returns the results in input order. */
export async function runAll(
  call: EngineCall,
  texts: readonly string[],
  task: TextTask,
  { reading = CUT, truncation, inputType, onDone }: RunReports,
): Promise<TextResult[]> {
  const all: TextResult[] = [];
  for await (const { offset, results } of runWindows(texts, (window) =>
    reading.run(call, window.texts, task, onDone),
  )) {
    truncation.report(results, inputType, offset);
    all.push(...results);
  }
  return all;
}

/** Runs texts through the model in batches that cannot change their numbers. Returns the results in input order. */
export async function runTexts(
  call: EngineCall,
  texts: readonly string[],
  task: TextTask,
  onDone: (count: number) => void = () => {},
): Promise<TextResult[]> {
  // A text alone saves a round trip, unless others wait that it may run together with.
  if (task.batching === "alone" || (texts.length === 1 && !call.isCrowded()))
    return runEachAlone(call, texts, task, onDone);
  const fill = fillOf(task.batching);
  const encoded = await encodeTexts(call, texts, task.encoding, !call.retryLost).catch(ofInput);
  if (encoded instanceof BgeError) {
    if (isLost(call, encoded)) return runEachAlone(call, texts, task, onDone);
    onDone(texts.length);
    return texts.map(() => ({ error: encoded }));
  }
  const { rows, totals } = encoded;
  if (task.whole && totals[0]! > rows.lengths[0]!) return [unread(totals[0]!, rows.lengths[0]!)];
  const results = new Array<TextResult>(texts.length);
  await Promise.all(
    planBatches(rows.lengths, task.batching).map(async (indices) => {
      const batch = await runBatch(call, pickRows(rows, indices), task.heads, fill);
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

/** Returns the token count of each text as encoded, before truncation. */
export async function lengthsOf(
  call: EngineCall,
  texts: readonly string[],
  encoding: TextTask["encoding"],
): Promise<Int32Array> {
  // Few-shot examples count too, and truncation depends on them.
  return encoding.form === "few-shot" ? (await encodeTexts(call, texts, encoding)).totals : countTexts(call, texts);
}

/** Like `lengthsOf`, but with 0 for texts that would not be truncated. */
async function lengthsOverLimit(
  call: EngineCall,
  texts: readonly string[],
  encoding: TextTask["encoding"],
): Promise<OverLimit> {
  if (encoding.form !== "few-shot") {
    const counts = await countTexts(call, texts);
    return { tokens: counts.map((tokens) => (tokens > encoding.maxTokens ? tokens : 0)) };
  }
  const { rows, totals } = await encodeTexts(call, texts, encoding);
  return { tokens: totals.map((tokens, i) => (tokens > rows.lengths[i]! ? tokens : 0)) };
}

/** Rejects texts over the limit if truncation is an error. Runs nothing. */
export async function refuseOverLimit(
  call: EngineCall,
  texts: readonly string[],
  encoding: TextTask["encoding"],
  truncation: Truncation,
  inputType: InputType,
  { overLimit }: Reading = CUT,
): Promise<void> {
  if (!truncation.refuses) return;
  const { tokens, limit } = await overLimit(call, texts, encoding).catch((error) => {
    throw error instanceof BgeError && error.indices !== undefined ? located(error, error.indices) : error;
  });
  truncation.refuse(tokens, inputType, limit);
}

async function runAlone(call: EngineCall, text: string, { encoding, heads, whole }: TextTask): Promise<TextResult> {
  try {
    const work = { type: "encode-and-run", text, encoding, heads, ...(whole && { whole }) } as const;
    const { data, faulty, keptRows, kept, total } = await call.run(work);
    if (kept === 0) return { error: nothingToRead() };
    if (whole && total > kept) return unread(total, kept);
    return faulty.length > 0 ? { error: notFinite() } : { data, ...rowsOf(keptRows, 0), tokens: total, kept };
  } catch (error) {
    return { error: ofInput(error) };
  }
}

async function runBatch(
  call: EngineCall,
  rows: TokenRows,
  heads: readonly Head[],
  fill: number,
): Promise<TextResult[]> {
  const count = rows.lengths.length;
  // Longest first: if the first has no tokens, none has.
  if (rows.lengths[0] === 0) return Array.from(rows.lengths, () => ({ error: nothingToRead() }));
  try {
    const { data, faulty, keptRows } = await call.run({ type: "run", rows, heads }, { fill });
    let from = 0;
    return Array.from(rows.lengths, (kept, row) => {
      const to = from + rowsSize(heads, kept);
      // A copy: each vector owns its buffer.
      const own = data.slice(from, to);
      from = to;
      return faulty.includes(row)
        ? { error: notFinite() }
        : { data: own, ...rowsOf(keptRows, row), tokens: kept, kept };
    });
  } catch (error) {
    if (count > 1 && isLost(call, error)) {
      const each = Array.from({ length: count }, (_, row) => runBatch(call, pickRows(rows, [row]), heads, fill));
      return (await Promise.all(each)).flat();
    }
    return Array.from(rows.lengths, () => ({ error: ofInput(error) }));
  }
}

/** The result of a text that was not run because it is over the limit. */
function unread(tokens: number, kept: number): TextResult {
  return { data: new Float32Array(0), tokens, kept };
}

function rowsOf(keptRows: readonly Uint8Array[] | undefined, row: number): { keptRows?: Uint8Array } {
  return keptRows === undefined ? {} : { keptRows: keptRows[row]! };
}

/**
 * Returns an error that belongs to its inputs, such as a model failure. Rethrows one that ends the whole call: disposal,
 * overload or an unexpected error.
 */
export function ofInput(error: unknown): BgeError {
  if (!(error instanceof BgeError) || error.code === "DISPOSED" || error.code === "OVERLOADED") throw error;
  return error;
}

function notFinite(): BgeError {
  return new BgeError(
    "INFERENCE_FAILED",
    "The model returned unusable numbers: a value that is not finite, or a vector of zeros",
  );
}

function nothingToRead(): BgeError {
  return new BgeError(
    "INVALID_INPUT",
    "A text without any tokens cannot be run: this model's tokenizer adds no special tokens",
  );
}
