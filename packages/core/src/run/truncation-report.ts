import { listener } from "../api/callbacks.js";
import { BgeError, listed } from "../api/errors.js";
import { publish } from "../api/events.js";
import type { InputType, LoadOptions } from "../api/options.js";

interface Cut {
  readonly tokens: number;
  readonly kept: number;
}

/** What is done about inputs over the limit, one for each loaded model. */
export interface Truncation {
  /** Must lengths be known before anything runs? */
  readonly refuses: boolean;
  /** Rejects inputs over the limit, by default the model's; `tokens` are their lengths in order. */
  refuse(tokens: ArrayLike<number>, inputType: InputType, limit?: number): void;
  /** Tells of each input that was cut; `offset` is the place of the first in the caller's list. */
  report(results: readonly (Cut | { readonly error: unknown })[], inputType: InputType, offset?: number): void;
}

export function createTruncation(id: string, maxTokens: number, options: LoadOptions): Truncation {
  const { truncation = "warn" } = options;
  const onTruncate = listener("onTruncate", options.onTruncate);
  let warned = false;

  function reportCut(index: number, inputType: InputType, { tokens, kept }: Cut): void {
    onTruncate?.({ index, inputType, tokens, kept });
    publish("bge-js:truncate", () => ({ model: id, index, inputType, tokens, kept }));
    if (truncation !== "warn" || warned) return;
    warned = true;
    process.emitWarning(
      `${id}: a ${inputType} of ${tokens} tokens was cut to ${kept} (index ${index}). Split long texts, or see onTruncate. ` +
        "Further cuts of this model are not announced.",
      { type: "BgeWarning", code: "BGE_TRUNCATED" },
    );
  }

  return {
    refuses: truncation === "error",
    refuse(tokens, inputType, limit = maxTokens) {
      const indices = Array.from(tokens, (_, index) => index).filter((index) => tokens[index]! > limit);
      if (indices.length === 0) return;
      const lengths = listed(indices.map((index) => `index ${index} has ${tokens[index]}`));
      const which =
        tokens.length === 1
          ? `The ${inputType} has ${tokens[0]} tokens`
          : `${indices.length} of ${tokens.length} inputs: ${lengths}`;
      throw new BgeError(
        "INPUT_TOO_LONG",
        `More than ${limit} tokens. ${which}. ` +
          'Split them, raise maxTokens, or set truncation to "warn" or "silent". Nothing was run.',
        { indices },
      );
    },
    report(results, inputType, offset = 0) {
      for (const [i, result] of results.entries()) {
        if ("kept" in result && result.tokens > result.kept) reportCut(offset + i, inputType, result);
      }
    },
  };
}

/** For a part of the caller's list: `positions` are its texts' positions there. */
export function reportingPart(truncation: Truncation, positions: readonly number[]): Truncation {
  return {
    ...truncation,
    report(results, inputType, offset = 0) {
      for (const [i, result] of results.entries()) truncation.report([result], inputType, positions[offset + i]!);
    },
  };
}
