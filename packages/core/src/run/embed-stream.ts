import type { Embedder, EmbedStreamOptions } from "../api/embedder.js";
import type { InputType } from "../api/options.js";
import type { EmbeddingOutput, TextEmbedding } from "../api/embedding.js";
import { type CallTrace, traceCall } from "../engine/call-trace.js";
import { checkCallOptions } from "../model/options.js";
import { abortable, atDeadline } from "../abort.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import { BgeError } from "../api/errors.js";
import { checkInputType, checkText } from "../text/input.js";
import { invalid } from "../api/errors.js";
import { located, type Outcome } from "./results.js";
import type { Prompts } from "../text/prompts.js";
import { lengthsOverLimit, runTexts, runWindows, type TextTask } from "./run-texts.js";
import type { Truncation } from "./truncation-report.js";

interface StreamParts {
  readonly engine: SharedEngine;
  /** What is run for the outputs asked for, or for vectors alone. */
  readonly planOf: (inputType: InputType, outputs: readonly EmbeddingOutput[] | undefined) => StreamPlan;
  readonly truncation: Truncation;
  readonly write: Prompts["write"];
}

interface StreamPlan {
  readonly task: TextTask;
  readonly toValue: (data: Float32Array, tokens: number) => Float32Array | TextEmbedding;
}

/** `Embedder.embedStream` over an engine. */
export function createEmbedStream({ engine, planOf, truncation, write }: StreamParts): Embedder["embedStream"] {
  async function* embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    streamOptions: EmbedStreamOptions = {},
  ): AsyncGenerator<Float32Array | TextEmbedding | undefined, void, undefined> {
    checkCallOptions(streamOptions, ["inputType", "onError", "onSkip", "outputs"]);
    const { signal, deadlineMs, inputType = "document", onError = "throw", onSkip } = streamOptions;
    checkStream(texts, onError);
    checkInputType(inputType);
    const { task, toValue } = planOf(inputType, streamOptions.outputs);
    const orAbort = abortable(signal);
    const late = new AbortController();
    const forget = atDeadline(deadlineMs, (error) => late.abort(error));
    const orLate = abortable(late.signal);
    const trace = traceCall(engine.about, "embedStream", 0);
    let failure: Parameters<CallTrace["end"]>[0];
    const call = engine.open({ trace });
    const windows = runWindows(texts, (window) => {
      trace?.add(window.texts.length);
      return runUnchecked(call, window.texts, inputType, task);
    });
    try {
      for (;;) {
        const next = await orLate(orAbort(windows.next()));
        if (next.done) return;
        const { offset, outcomes } = next.value;
        truncation.report(outcomes, inputType, offset);
        for (const [i, outcome] of outcomes.entries()) {
          signal?.throwIfAborted();
          late.signal.throwIfAborted();
          if (outcome.error === undefined) yield toValue(outcome.data, outcome.kept);
          else {
            const error = located(outcome.error, [offset + i]);
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
      call.close();
      trace?.end(failure);
      // A source that hangs must not keep its reader from leaving.
      void windows.return(undefined).catch(() => {});
    }
  }

  /** Texts that nobody has checked: each that cannot be used is an outcome of its own. */
  async function runUnchecked(
    call: EngineCall,
    texts: readonly string[],
    inputType: InputType,
    task: TextTask,
  ): Promise<Outcome[]> {
    const outcomes = new Array<Outcome | undefined>(texts.length);
    for (const [i, text] of texts.entries()) outcomes[i] = failure(() => checkText(text, "text"));
    const good = () => texts.flatMap((_, i) => (outcomes[i] === undefined ? [i] : []));
    const inputsOf = (indices: readonly number[]) =>
      write(
        indices.map((i) => texts[i]!),
        inputType,
      );
    if (truncation.refuses) {
      const checked = good();
      const counts = await lengthsOverLimit(call, inputsOf(checked), task.encoding);
      for (const [at, i] of checked.entries()) outcomes[i] = failure(() => truncation.refuse([counts[at]!], inputType));
    }
    const runnable = good();
    const results = runnable.length === 0 ? [] : await runTexts(call, inputsOf(runnable), task);
    for (const [at, i] of runnable.entries()) outcomes[i] = results[at]!;
    // Every text has failed a check or has been run.
    return outcomes as Outcome[];
  }

  // With `onError: "throw"` no text is ever passed over, so nothing is ever `undefined`.
  return embedStream as Embedder["embedStream"];
}

function failure(check: () => void): Outcome | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return { error: error as BgeError };
  }
}

function checkStream(texts: unknown, onError: unknown): void {
  const isStream =
    typeof texts === "object" && texts !== null && (Symbol.iterator in texts || Symbol.asyncIterator in texts);
  if (!isStream) {
    throw new BgeError("INVALID_INPUT", "texts must be an iterable or async iterable of strings.", {
      parameter: "texts",
    });
  }
  if (onError !== "throw" && onError !== "skip") throw invalid("onError", 'must be "throw" or "skip"');
}
