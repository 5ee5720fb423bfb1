import { listener } from "./api/callbacks.js";
import { BgeError, listed } from "./api/errors.js";
import type { EmbeddingSpec, ModelReference, ModelSpec, OpenSource } from "./api/model.js";
import type {
  MultimodalCallOptions,
  MultimodalEmbedder,
  MultimodalInput,
  MultimodalOptions,
  MultimodalStreamOptions,
} from "./api/multimodal.js";
import type { InputType } from "./api/options.js";
import { checkOptions } from "./checks.js";
import { traceCall } from "./engine/call-trace.js";
import type { EngineCall } from "./engine/pool.js";
import type { SharedEngine } from "./engine/shared-engine.js";
import { checkInput, toPicture } from "./images/input.js";
import { openImages } from "./load/open-images.js";
import { type OpenModel, openModel, type Plan } from "./load/open-model.js";
import { type ImagePolicy, imagePolicy, MULTIMODAL_OPTIONS } from "./model/multimodal-options.js";
import { LEAST_TEXT_TOKENS, maxTokensOf } from "./model/options.js";
import { findModel } from "./model/table.js";
import { withCall } from "./run/call.js";
import { CALL_OPTIONS } from "./run/call-options.js";
import { checkStream, failure, yieldResults } from "./run/embed-stream.js";
import { mainOutput } from "./run/outputs.js";
import { allOrError, type TextResult } from "./run/results.js";
import { runInputs } from "./run/run-inputs.js";
import { CUT, runWindows, type TextTask } from "./run/run-texts.js";
import { createTruncation } from "./run/truncation-report.js";
import { checkText } from "./text/input.js";

export type {
  ImageInput,
  MultimodalCallOptions,
  MultimodalEmbedder,
  MultimodalInput,
  MultimodalOptions,
  MultimodalStreamOptions,
  RawImage,
  UrlPolicy,
} from "./api/multimodal.js";

/** The default of `loadMultimodalEmbedder()`. */
const DEFAULT_MODEL = "BAAI/BGE-VL-base";
/** Inputs in flight. A picture takes longer than a text, and may be in memory. */
const INPUTS_AHEAD = 32;

interface MultimodalPlan extends Plan {
  readonly spec: EmbeddingSpec;
}

/**
 * Loads a model with one space for texts and pictures: BGE-VL-base or -large.
 *
 * @param model a Hugging Face id, a folder, or `{ id?, directory?, ...facts }`, as for `loadEmbedder`. The hub has no ONNX files of
 * these models: tools/export of the bge-js repository writes a folder. @default BAAI/BGE-VL-base
 * @example
 * await using embedder = await loadMultimodalEmbedder("./bge-vl-base");
 * const [words, picture, both] = await embedder.embed([
 *   { text: "a red bus" },
 *   { image: "./bus.jpg" },
 *   { image: "./bus.jpg", text: "the same, but green" },
 * ]);
 * @throws BgeError like `loadEmbedder`
 */
export async function loadMultimodalEmbedder(
  model: string | URL | ModelReference = DEFAULT_MODEL,
  options: MultimodalOptions = {},
): Promise<MultimodalEmbedder> {
  const checked = checkOptions(options, MULTIMODAL_OPTIONS, "loadMultimodalEmbedder");
  const policy = imagePolicy(checked);
  const { maxPixels: _pixels, maxBytes: _bytes, orientation: _turn, allowUrls: _urls, ...load } = checked;
  const texts = await openModel(model, load, (spec) => planMultimodal(spec, load)).catch((error: unknown) => {
    throw sayingHowToExport(error, model);
  });
  try {
    const images = await openImages(texts.plan.spec, texts.source, load, policy.limits);
    return createMultimodal(texts, images, policy, load);
  } catch (error) {
    await texts.engine.dispose();
    throw error;
  }
}

/** Adds to the error of a published model that is not here how to get it. */
function sayingHowToExport(error: unknown, model: string | URL | ModelReference): unknown {
  const id = typeof model === "string" ? model : "id" in model ? model.id : undefined;
  const known = id === undefined ? undefined : findModel(id);
  const missing = error instanceof BgeError && (error.code === "MODEL_NOT_FOUND" || error.code === "DOWNLOAD_FAILED");
  if (!missing || known?.kind !== "embedding" || known.imageOutput === undefined) return error;
  const folder = `./${known.id.replace(/^.*\//, "").toLowerCase()}`;
  return new BgeError(
    error.code,
    `${error.message} The hub has ${known.id} without ONNX files. Export it once, with Python, from a copy of the bge-js ` +
      `repository: tools/export/export ${known.id} ${folder}; it downloads the weights. Then load ${JSON.stringify(folder)}.`,
    { cause: error, parameter: "model" },
  );
}

function planMultimodal(spec: ModelSpec, options: MultimodalOptions): MultimodalPlan {
  if (spec.kind !== "embedding" || spec.imageOutput === undefined) {
    throw new BgeError("MODEL_MISMATCH", `${spec.id} reads no images. Load it with loadEmbedder or loadReranker.`, {
      parameter: "model",
    });
  }
  return { spec, maxTokens: maxTokensOf(options, spec, LEAST_TEXT_TOKENS), needs: ["dense"] };
}

function createMultimodal(
  { source, engine: texts, plan }: OpenModel<MultimodalPlan> & { readonly source: OpenSource },
  images: SharedEngine,
  policy: ImagePolicy,
  options: MultimodalOptions,
): MultimodalEmbedder {
  const { spec, maxTokens } = plan;
  const { dimensions } = spec;
  const truncation = createTruncation(spec.id, maxTokens, options);
  const task: TextTask = {
    encoding: { form: "single", maxTokens },
    heads: [{ type: "projection", output: mainOutput(spec), dimensions }],
    batching: source.batching,
  };
  const imageHead = { type: "projection", output: spec.imageOutput!, dimensions } as const;

  function check(input: MultimodalInput): void {
    checkInput(input);
    if (input.text !== undefined) checkText(input.text, "text");
    if (input.image !== undefined) toPicture(input.image, policy.urls !== undefined);
  }

  /** Token counts of the texts that are over the limit, by input; 0 for all others. */
  async function overLimit(call: EngineCall, inputs: readonly MultimodalInput[]): Promise<number[]> {
    const withText = inputs.flatMap(({ text }) => (text === undefined ? [] : [text]));
    const { tokens } = await CUT.overLimit(call, withText, task.encoding);
    let at = 0;
    return inputs.map(({ text }) => (text === undefined ? 0 : tokens[at++]!));
  }

  async function embed(
    inputs: readonly MultimodalInput[],
    callOptions: MultimodalCallOptions = {},
  ): Promise<Float32Array[]> {
    checkInputs(inputs, check);
    const checked = checkOptions(callOptions, CALL_OPTIONS.multimodal, "embed");
    const { inputType = "document", onProgress, ...limits } = checked;
    const tell = listener("onProgress", onProgress);
    // A copy, because the caller may change the array meanwhile.
    const given = [...inputs];
    const facts = { ...limits, method: "embed", urgent: inputType === "query" } as const;
    const stop = new AbortController();
    const run = (textCall: EngineCall, imageCall: EngineCall) => ({
      ...{ texts: textCall, images: imageCall, task, imageHead, policy },
      signal: stop.signal,
    });
    const withBoth = <T>(body: (textCall: EngineCall, imageCall: EngineCall) => Promise<T>) =>
      withCall(texts, { ...facts, inputs: count(given, "text") }, (textCall) =>
        withCall(images, { ...facts, inputs: count(given, "image") }, (imageCall) => body(textCall, imageCall)),
      );
    try {
      return await withBoth(async (textCall, imageCall) => {
        if (truncation.refuses) truncation.refuse(await overLimit(textCall, given), inputType);
        let completed = 0;
        const onDone = (finished: number) => {
          // After the deadline nothing counts as completed.
          if (textCall.ended() || imageCall.ended()) return;
          completed += finished;
          tell?.({ completed, total: given.length });
        };
        const all: TextResult[] = [];
        const windows = runWindows(given, (w) => runInputs(run(textCall, imageCall), w.texts, onDone), INPUTS_AHEAD);
        for await (const { offset, results } of windows) {
          truncation.report(results, inputType, offset);
          all.push(...results);
        }
        return allOrError(all, (data) => data);
      });
    } finally {
      stop.abort();
    }
  }

  async function* embedStream(
    inputs: Iterable<MultimodalInput> | AsyncIterable<MultimodalInput>,
    streamOptions: MultimodalStreamOptions = {},
  ): AsyncGenerator<Float32Array | undefined, void, undefined> {
    const checked = checkOptions(streamOptions, CALL_OPTIONS.multimodalStream, "embedStream");
    const { inputType = "document" } = checked;
    checkStream(inputs, "{ text?, image? }", "inputs");
    yield* yieldResults(checked, () => {
      const stop = new AbortController();
      const opened = [texts, images].map((engine) => {
        const trace = traceCall(engine.about, "embedStream", 0);
        return { trace, call: engine.open({ trace, urgent: inputType === "query" }) };
      });
      const [ofTexts, ofImages] = opened as [(typeof opened)[0], (typeof opened)[0]];
      const calls = { texts: ofTexts.call, images: ofImages.call };
      const windows = runWindows(
        inputs,
        (window) => {
          ofTexts.trace?.add(count(window.texts, "text"));
          ofImages.trace?.add(count(window.texts, "image"));
          return runUnchecked(window.texts, inputType, (good) =>
            runInputs({ ...calls, task, imageHead, policy, signal: stop.signal }, good),
          );
        },
        INPUTS_AHEAD,
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
      side: InputType,
      runGood: (good: readonly MultimodalInput[]) => Promise<TextResult[]>,
    ): Promise<TextResult[]> {
      const results = window.map((input) => failure(() => check(input)));
      const good = () => window.flatMap((_, i) => (results[i] === undefined ? [i] : []));
      if (truncation.refuses) {
        const checkedOnes = good();
        const call = texts.open();
        try {
          const counts = await overLimit(
            call,
            checkedOnes.map((i) => window[i]!),
          );
          for (const [at, i] of checkedOnes.entries()) {
            results[i] = failure(() => truncation.refuse([counts[at]!], side));
          }
        } finally {
          call.close();
        }
      }
      const runnable = good();
      const ran = await runGood(runnable.map((i) => window[i]!));
      for (const [at, i] of runnable.entries()) results[i] = ran[at]!;
      // Every input has either failed a check or been run.
      return results as TextResult[];
    }
  }

  async function dispose(): Promise<void> {
    await Promise.all([texts.dispose(), images.dispose()]);
  }

  return {
    spec,
    source,
    dimensions,
    maxTokens,
    embed,
    // With `onError: "throw"` no input is ever skipped, so nothing is ever `undefined`.
    embedStream: embedStream as MultimodalEmbedder["embedStream"],
    dispose,
    [Symbol.asyncDispose]: dispose,
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

function count(inputs: readonly MultimodalInput[], part: keyof MultimodalInput): number {
  return inputs.filter((input) => input?.[part] !== undefined).length;
}
