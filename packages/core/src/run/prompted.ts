import { BgeError } from "../api/errors.js";
import type { VisionFacts } from "../api/model.js";
import type { MultimodalInput } from "../api/multimodal.js";
import type { InputType } from "../api/options.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import type { ImagePolicy } from "../model/multimodal-options.js";
import type { Head } from "../protocol.js";
import { checkParts, writePrompt } from "../text/vision-prompt.js";
import type { InputFamily } from "./input-family.js";
import { pictureSender } from "./picture-slots.js";
import type { TextResult } from "./results.js";
import { CUT, ofInput } from "./run-texts.js";

/** A vision language model, and how it is prompted. */
export interface Prompted {
  readonly engine: SharedEngine;
  readonly facts: VisionFacts;
  readonly maxTokens: number;
  readonly head: Head;
  readonly policy: ImagePolicy;
}

/** Vision language models: one prompt for an input, with its text and its picture. Inputs run one by one, so that none is padded. */
export function prompted({ engine, facts, maxTokens, head, policy }: Prompted): InputFamily {
  async function runOne(
    call: EngineCall,
    input: MultimodalInput,
    inputType: InputType,
    send: ReturnType<typeof pictureSender>,
  ): Promise<TextResult> {
    const { before, text, after } = writePrompt(facts, input, inputType);
    const work = {
      type: "prompt",
      text,
      encoding: { form: "prompt", maxTokens, before, after },
      heads: [head],
    } as const;
    try {
      const { data, faulty, kept, total } = await (input.image === undefined
        ? call.run(work)
        : send(input.image, (image) => call.run({ ...work, image })));
      if (faulty.length === 0) return { data, tokens: total, kept };
      return { error: new BgeError("INFERENCE_FAILED", "The model returned unusable numbers for an input") };
    } catch (error) {
      return { error: ofInput(error) };
    }
  }

  return {
    engines: [engine],
    counts: (inputs) => [inputs.length],
    check: (input, inputType) => checkParts(facts, input, inputType),
    async overLimit([call], inputs, inputType) {
      const prompts = inputs.map((input) => {
        const { before, text, after } = writePrompt(facts, input, inputType);
        return before + text + after;
      });
      const { tokens } = await CUT.overLimit(call!, prompts, { form: "single", maxTokens });
      return Array.from(tokens);
    },
    run([call], inputs, { inputType, signal }, onDone = () => {}) {
      const send = pictureSender(policy, signal);
      return Promise.all(
        inputs.map(async (input) => {
          const result = await runOne(call!, input, inputType, send);
          onDone(1);
          return result;
        }),
      );
    },
  };
}
