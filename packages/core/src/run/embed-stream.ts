import { abortable, atDeadline } from "../abort.js";
import { listener } from "../api/callbacks.js";
import type { EmbedStreamOptions } from "../api/embedder.js";
import { BgeError } from "../api/errors.js";
import type { InputType } from "../api/options.js";
import { checkOptions } from "../checks.js";
import { type CallTrace, traceCall } from "../engine/call-trace.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import { checkText } from "../text/input.js";
import type { Prompts } from "../text/prompts.js";
import { CALL_OPTIONS } from "./call-options.js";
import { type FinishedText, located, type TextResult } from "./results.js";
import { CUT, ofInput, type Reading, runWindows, type TextTask, type WindowResults } from "./run-texts.js";
import type { Truncation } from "./truncation-report.js";

interface StreamParts<T> {
  readonly engine: SharedEngine;
  /** What to run for the requested outputs, or for dense vectors alone. */
  readonly planOf: (inputType: InputType, options: Pick<EmbedStreamOptions, "outputs" | "ranges">) => StreamPlan<T>;
  readonly truncation: Truncation;
  readonly write: Prompts["write"];
}

export interface StreamPlan<T> {
  readonly task: TextTask;
  /** @default CUT */
  readonly reading?: Reading;
  readonly toValue: (result: FinishedText) => T;
}

/** A stream of results, one for each text; `undefined` for a skipped one. */
export type EmbedStream<T> = (
  texts: Iterable<string> | AsyncIterable<string>,
  options?: EmbedStreamOptions,
) => AsyncGenerator<T | undefined, void, undefined>;

/** Creates `Embedder.embedStream` over an engine. */
export function createEmbedStream<T>({ engine, planOf, truncation, write }: StreamParts<T>): EmbedStream<T> {
  async function* embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    streamOptions: EmbedStreamOptions = {},
  ): AsyncGenerator<T | undefined, void, undefined> {
    const checked = checkOptions(streamOptions, CALL_OPTIONS.embedStream, "embedStream");
    const { inputType = "document", retryLost } = checked;
    checkStream(texts, "strings");
    const { task, toValue, reading = CUT } = planOf(inputType, checked);
    yield* yieldResults(checked, () => {
      const trace = traceCall(engine.about, "embedStream", 0);
      const call = engine.open({ trace, retryLost });
      return {
        windows: runWindows(texts, (window) => {
          trace?.add(window.texts.length);
          return runUnchecked(call, window.texts, inputType, task, reading);
        }),
        report: (results, offset) => truncation.report(results, inputType, offset),
        toValue,
        end(failure) {
          call.close();
          trace?.end(failure);
        },
      };
    });
  }

  /** Runs unchecked texts: each invalid one becomes an error result of its own. */
  async function runUnchecked(
    call: EngineCall,
    texts: readonly string[],
    inputType: InputType,
    task: TextTask,
    reading: Reading,
  ): Promise<TextResult[]> {
    const results = new Array<TextResult | undefined>(texts.length);
    for (const [i, text] of texts.entries()) results[i] = failure(() => checkText(text, "text"));
    const good = () => texts.flatMap((_, i) => (results[i] === undefined ? [i] : []));
    const inputsOf = (indices: readonly number[]) =>
      write(
        indices.map((i) => texts[i]!),
        inputType,
      );
    for (let uncounted = truncation.refuses ? good() : []; uncounted.length > 0; ) {
      const counting = uncounted;
      try {
        const { tokens, limit } = await reading.overLimit(call, inputsOf(counting), task.encoding);
        for (const [at, i] of counting.entries()) {
          results[i] = failure(() => truncation.refuse([tokens[at]!], inputType, limit));
        }
        break;
      } catch (thrown) {
        // The texts that it names cannot be read; the others are counted again.
        const error = ofInput(thrown);
        for (const at of error.indices ?? counting.keys()) results[counting[at]!] = { error };
        uncounted = good();
      }
    }
    const runnable = good();
    const ran = runnable.length === 0 ? [] : await reading.run(call, inputsOf(runnable), task);
    for (const [at, i] of runnable.entries()) results[i] = ran[at]!;
    // Every text has either failed a check or been run.
    return results as TextResult[];
  }

  return embedStream;
}

/** A stream under way. */
interface Run<T> {
  readonly windows: AsyncGenerator<WindowResults, void, undefined>;
  /** Called with each window's results before they are yielded. */
  report(results: readonly TextResult[], offset: number): void;
  toValue(result: FinishedText): T;
  /** Called once, whatever ends the stream. */
  end(failure: Parameters<CallTrace["end"]>[0]): void;
}

/** Yields the results of a stream's windows in order, within the caller's limits. */
export async function* yieldResults<T>(
  options: Pick<EmbedStreamOptions, "signal" | "deadlineMs" | "onError" | "onSkip">,
  open: () => Run<T>,
): AsyncGenerator<T | undefined, void, undefined> {
  const { signal, deadlineMs, onError = "throw" } = options;
  const onSkip = listener("onSkip", options.onSkip);
  const orAbort = abortable(signal);
  const late = new AbortController();
  const forget = atDeadline(deadlineMs, (error) => late.abort(error));
  const orLate = abortable(late.signal);
  let failure: Parameters<CallTrace["end"]>[0];
  const { windows, report, toValue, end } = open();
  try {
    for (;;) {
      const next = await orLate(orAbort(windows.next()));
      if (next.done) return;
      const { offset, results } = next.value;
      report(results, offset);
      for (const [i, result] of results.entries()) {
        signal?.throwIfAborted();
        late.signal.throwIfAborted();
        if (result.error === undefined) yield toValue(result);
        else {
          const error = located(result.error, [offset + i]);
          if (onError === "throw") throw error;
          onSkip?.(error);
          yield undefined;
        }
      }
    }
  } catch (thrown) {
    failure = { thrown, signal };
    throw thrown;
  } finally {
    forget();
    end(failure);
    // A hanging source must not keep its reader from leaving.
    void windows.return(undefined).catch(() => {});
  }
}

/** Returns the error of a check as a result. */
export function failure(check: () => void): TextResult | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return { error: error as BgeError };
  }
}

export function checkStream(texts: unknown, of: string, parameter = "texts"): void {
  const isStream =
    typeof texts === "object" && texts !== null && (Symbol.iterator in texts || Symbol.asyncIterator in texts);
  if (!isStream) {
    throw new BgeError("INVALID_INPUT", `${parameter} must be an iterable or async iterable of ${of}.`, { parameter });
  }
}
