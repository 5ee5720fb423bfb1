import { BgeError } from "../api/errors.js";
import type { MultimodalInput } from "../api/multimodal.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import type { ImagePolicy } from "../model/multimodal-options.js";
import type { Head, SentImage } from "../protocol.js";
import { countWith, type InputFamily } from "./input-family.js";
import { pictureSender } from "./picture-slots.js";
import type { TextResult } from "./results.js";
import { CUT, ofInput, runTexts, type TextTask } from "./run-texts.js";

/** The two graphs of a CLIP model. */
export interface TwoTowers {
  readonly texts: SharedEngine;
  readonly images: SharedEngine;
  /** Its head gives vectors before normalisation, as does `imageHead`. */
  readonly task: TextTask;
  readonly imageHead: Head;
  readonly policy: ImagePolicy;
}

type Sums = Extract<TextResult, { readonly error?: undefined }>;

/** CLIP: a graph for texts and one for pictures. The vector of an input with both is the normalised sum. */
export function twoTowers({ texts, images, task, imageHead, policy }: TwoTowers): InputFamily {
  return {
    engines: [texts, images],
    counts: (inputs) => [countWith(inputs, "text"), countWith(inputs, "image")],
    check({ instruction }) {
      if (instruction === undefined) return;
      throw new BgeError("INVALID_INPUT", "This model takes no instruction: write it into the text.", {
        parameter: "instruction",
      });
    },
    async overLimit([call], inputs) {
      const withText = inputs.flatMap(({ text }) => (text === undefined ? [] : [text]));
      const { tokens } = await CUT.overLimit(call!, withText, task.encoding);
      let at = 0;
      return inputs.map(({ text }) => (text === undefined ? 0 : tokens[at++]!));
    },
    // Pictures run one by one: a run of several would take as much memory more, and is hardly faster on a CPU.
    async run([textCall, imageCall], inputs, { single, signal }, onDone = () => {}) {
      const withText = inputs.flatMap(({ text }, index) => (text === undefined ? [] : [index]));
      const given = withText.map((index) => inputs[index]!.text!);
      const textsRun: Promise<TextResult[]> =
        given.length === 0 ? Promise.resolve([]) : runTexts(textCall!, given, task);
      const send = pictureSender(policy, signal);
      return Promise.all(
        inputs.map(async ({ image }, index) => {
          const parts = await Promise.all([
            image === undefined
              ? undefined
              : runImage(imageCall!, image, imageHead, send, single && inputs.length === 1),
            textsRun.then((results) => results[withText.indexOf(index)]),
          ]);
          onDone(1);
          return normalisedSum(parts.filter((part) => part !== undefined));
        }),
      );
    },
  };
}

async function runImage(
  call: EngineCall,
  given: NonNullable<MultimodalInput["image"]>,
  head: Head,
  send: ReturnType<typeof pictureSender>,
  single: boolean,
): Promise<TextResult> {
  try {
    const run = (image: SentImage) => call.run({ type: "image", image, heads: [head] }, { single });
    const { data, faulty } = await send(given, run);
    if (faulty.length === 0) return { data, tokens: 0, kept: 0 };
    return { error: new BgeError("INFERENCE_FAILED", "The model returned unusable numbers for an image") };
  } catch (error) {
    return { error: ofInput(error) };
  }
}

/** Adds the vectors of an input's parts and normalises the sum, `x / max(‖x‖, 1e-12)` as in the reference. */
function normalisedSum(parts: readonly TextResult[]): TextResult {
  const failed = parts.find((part) => part.error !== undefined);
  if (failed !== undefined) return failed;
  const sums = parts as readonly Sums[];
  const data = sums[0]!.data.slice();
  for (const other of sums.slice(1)) for (let d = 0; d < data.length; d++) data[d] = data[d]! + other.data[d]!;
  let squares = 0;
  for (const value of data) squares += value * value;
  const norm = Math.max(Math.sqrt(squares), 1e-12);
  for (let d = 0; d < data.length; d++) data[d] = data[d]! / norm;
  const [tokens, kept] = [sums, sums].map((all, i) =>
    Math.max(...all.map((part) => (i === 0 ? part.tokens : part.kept))),
  );
  return { data, tokens: tokens!, kept: kept! };
}
