import { listener } from "../api/callbacks.js";
import { BgeError, listed } from "../api/errors.js";
import type { MultimodalCallOptions, MultimodalInput, MultimodalStreamOptions } from "../api/multimodal.js";
import type { InputType } from "../api/options.js";
import { checkOptions } from "../checks.js";
import { traceCall } from "../engine/call-trace.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import { withCall } from "./call.js";
import { CALL_OPTIONS } from "./call-options.js";
import { checkStream, failure, yieldResults } from "./embed-stream.js";
import type { InputFamily } from "./input-family.js";
import { allOrError, type TextResult } from "./results.js";
import { runWindows } from "./run-texts.js";
import type { Truncation } from "./truncation-report.js";

/** Inputs in flight. A picture takes longer than a text, and may be in memory. */
const INPUTS_AHEAD = 32;

/** What embeds inputs of texts and pictures. */
export interface InputModel {
  readonly family: InputFamily;
  readonly truncation: Truncation;
  /** Throws for an input that cannot be used, before anything is read. */
  check(input: MultimodalInput, inputType: InputType): void;
}

/** Embeds a list. */
export async function embedInputs(
  { family, truncation, check }: InputModel,
  inputs: readonly MultimodalInput[],
  callOptions: MultimodalCallOptions,
): Promise<Float32Array[]> {
  const checked = checkOptions(callOptions, CALL_OPTIONS.multimodal, "embed");
  const { inputType = "document", onProgress, ...limits } = checked;
  checkInputs(inputs, (input) => check(input, inputType));
  const tell = listener("onProgress", onProgress);
  const given = inputs.map(copyOf);
  const facts = { ...limits, method: "embed", urgent: inputType === "query" } as const;
  const stop = new AbortController();
  const counts = family.counts(given);
  const withAll = <T>(
    body: (calls: readonly EngineCall[]) => Promise<T>,
    calls: readonly EngineCall[] = [],
  ): Promise<T> => {
    const at = calls.length;
    if (at === family.engines.length) return body(calls);
    return withCall(family.engines[at]!, { ...facts, inputs: counts[at]! }, (call) => withAll(body, [...calls, call]));
  };
  try {
    return await withAll(async (calls) => {
      if (truncation.refuses) truncation.refuse(await family.overLimit(calls, given, inputType), inputType);
      let completed = 0;
      const onDone = (finished: number) => {
        // After the deadline nothing counts as completed.
        if (calls.some((call) => call.ended())) return;
        completed += finished;
        tell?.({ completed, total: given.length });
      };
      const all: TextResult[] = [];
      const side = { inputType, single: given.length === 1, signal: stop.signal };
      const windows = runWindows(given, (window) => family.run(calls, window.texts, side, onDone), INPUTS_AHEAD);
      for await (const { offset, results } of windows) {
        truncation.report(results, inputType, offset);
        all.push(...results);
      }
      return allOrError(all, ({ data }) => data);
    });
  } finally {
    stop.abort();
  }
}

/** Embeds a stream. */
export async function* embedInputStream(
  { family, truncation, check }: InputModel,
  inputs: Iterable<MultimodalInput> | AsyncIterable<MultimodalInput>,
  streamOptions: MultimodalStreamOptions,
): AsyncGenerator<Float32Array | undefined, void, undefined> {
  const checked = checkOptions(streamOptions, CALL_OPTIONS.multimodalStream, "embedStream");
  const { inputType = "document", retryLost } = checked;
  checkStream(inputs, "{ text?, image? }", "inputs");
  yield* yieldResults(checked, () => {
    const stop = new AbortController();
    // A window of one document only says that the source is slow.
    const side = { inputType, single: inputType === "query", signal: stop.signal };
    const opened = family.engines.map((engine) => {
      const trace = traceCall(engine.about, "embedStream", 0);
      return { trace, call: engine.open({ trace, urgent: inputType === "query", retryLost }) };
    });
    const calls = opened.map(({ call }) => call);
    const windows = runWindows(
      inputs,
      (window) => {
        for (const [at, count] of family.counts(window.texts).entries()) opened[at]!.trace?.add(count);
        return runUnchecked(window.texts, (good) => family.run(calls, good, side));
      },
      INPUTS_AHEAD,
      copyOf,
    );
    return {
      windows,
      report: (results, offset) => truncation.report(results, inputType, offset),
      toValue: ({ data }) => data,
      end(failed) {
        stop.abort();
        for (const { call, trace } of opened) {
          call.close();
          trace?.end(failed);
        }
      },
    };
  });

  /** Runs unchecked inputs: each invalid one becomes an error result of its own. */
  async function runUnchecked(
    window: readonly MultimodalInput[],
    runGood: (good: readonly MultimodalInput[]) => Promise<TextResult[]>,
  ): Promise<TextResult[]> {
    const results = window.map((input) => failure(() => check(input, inputType)));
    const good = () => window.flatMap((_, i) => (results[i] === undefined ? [i] : []));
    if (truncation.refuses) {
      const checkedOnes = good();
      const counts = await countApart(
        family.engines,
        checkedOnes.map((i) => window[i]!),
      );
      for (const [at, i] of checkedOnes.entries()) {
        results[i] = failure(() => truncation.refuse([counts[at]!], inputType));
      }
    }
    const runnable = good();
    const ran = await runGood(runnable.map((i) => window[i]!));
    for (const [at, i] of runnable.entries()) results[i] = ran[at]!;
    // Every input has either failed a check or been run.
    return results as TextResult[];
  }

  /** Counts in calls of its own, which no trace adds to the stream's. */
  async function countApart(
    engines: readonly SharedEngine[],
    given: readonly MultimodalInput[],
  ): Promise<readonly number[]> {
    const calls = engines.map((engine) => engine.open({ retryLost }));
    try {
      return await family.overLimit(calls, given, inputType);
    } finally {
      for (const call of calls) call.close();
    }
  }
}

/** Copies an input, usable or not, because the caller may change it, or use it again for the next one. Bytes must stay as they are. */
function copyOf(input: MultimodalInput): MultimodalInput {
  if (typeof input !== "object" || input === null) return input;
  const { text, image, instruction } = input;
  return {
    ...input,
    ...(text !== undefined && { text }),
    ...(image !== undefined && { image }),
    ...(instruction !== undefined && { instruction }),
  };
}

/** Checks all inputs. The error names every invalid index. */
function checkInputs(inputs: readonly MultimodalInput[], check: (input: MultimodalInput) => void): void {
  if (!Array.isArray(inputs)) {
    throw new BgeError("INVALID_INPUT", "inputs must be an array of { text?, image? }.", { parameter: "inputs" });
  }
  // Not `map`, which would skip the holes of a sparse array.
  const failed = Array.from(inputs, (input, index) => ({ index, result: failure(() => check(input)) })).filter(
    ({ result }) => result !== undefined,
  );
  if (failed.length === 0) return;
  const problems = failed.map(({ index, result }) => `index ${index}: ${result!.error!.message}`);
  throw new BgeError(
    "INVALID_INPUT",
    `${failed.length} of ${inputs.length} inputs cannot be used: ${listed(problems)} Nothing was run.`,
    { parameter: "inputs", indices: failed.map(({ index }) => index) },
  );
}
