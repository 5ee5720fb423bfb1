import { listener } from "../api/callbacks.js";
import { BgeError, listed } from "../api/errors.js";
import { publish } from "../api/events.js";
import type { InputType, LoadOptions } from "../api/options.js";

interface Cut {
  readonly tokens: number;
  readonly kept: number;
}

/** Handles inputs over the limit. One per loaded model. */
export interface Truncation {
  /** True if inputs over the limit are errors, so that lengths must be known before anything runs. */
  readonly refuses: boolean;
  /** Throws for inputs over `limit`, by default the model's. `tokens` are the inputs' lengths, in order. */
  refuse(tokens: ArrayLike<number>, inputType: InputType, limit?: number): void;
  /** Reports each truncated input, or refuses it. `offset` is the position of the first one in the caller's list. */
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
        "This warning is emitted once per model.",
      { type: "BgeWarning", code: "BGE_TRUNCATED" },
    );
  }

  function refuse(tokens: ArrayLike<number>, inputType: InputType, limit = maxTokens): void {
    const indices = Array.from(tokens, (_, index) => index).filter((index) => tokens[index]! > limit);
    if (indices.length === 0) return;
    const lengths = listed(indices.map((index) => `index ${index} has ${tokens[index]}`));
    const which =
      tokens.length === 1
        ? `The ${inputType} has ${tokens[0]} tokens`
        : `${indices.length} of ${tokens.length} inputs are longer: ${lengths}`;
    const advice = ' Split them, raise maxTokens, or set truncation to "warn" or "silent".';
    throw new BgeError("INPUT_TOO_LONG", `The limit is ${limit} tokens. ${which}.${advice} Nothing was run.`, {
      indices,
      advice,
    });
  }

  return {
    refuses: truncation === "error",
    refuse,
    report(results, inputType, offset = 0) {
      if (truncation === "error") {
        // A text alone, which was not run; of several, those over the limit were refused before.
        const lengths = results.map((result) => ("kept" in result && result.tokens > result.kept ? result.tokens : 0));
        return refuse(lengths, inputType);
      }
      for (const [i, result] of results.entries()) {
        if ("kept" in result && result.tokens > result.kept) reportCut(offset + i, inputType, result);
      }
    },
  };
}

/** The positions in the caller's list of a part of some texts, of which these are the positions. @default their order */
export function placesOf(from: number, to: number, positions: readonly number[] | undefined): number[] {
  return Array.from({ length: to - from }, (_, i) => positions?.[from + i] ?? from + i);
}

/** Adapts reports to a part of the caller's list. `positions` are the texts' positions there. */
export function reportingPart(truncation: Truncation, positions: readonly number[]): Truncation {
  return {
    ...truncation,
    report(results, inputType, offset = 0) {
      for (const [i, result] of results.entries()) truncation.report([result], inputType, positions[offset + i]!);
    },
  };
}
