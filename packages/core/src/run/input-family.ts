import type { MultimodalInput } from "../api/multimodal.js";
import type { InputType } from "../api/options.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import type { TextResult } from "./results.js";

/** What one side of a call shares. */
export interface SideRun {
  readonly inputType: InputType;
  /** True if one input is all that the caller asks for, or a query. */
  readonly single: boolean;
  /** Aborts when the call has ended. */
  readonly signal: AbortSignal;
}

/** How models of one kind read texts and pictures. */
export interface InputFamily {
  readonly engines: readonly SharedEngine[];
  /** Returns how many of the inputs each engine has to do with. */
  counts(inputs: readonly MultimodalInput[]): readonly number[];
  /** Throws `INVALID_INPUT` for what this kind cannot read. Reads no file. */
  check(input: MultimodalInput, inputType: InputType): void;
  /** Returns the token counts of the texts that are over the limit, by input; 0 for all others. `calls` are one for each engine. */
  overLimit(
    calls: readonly EngineCall[],
    inputs: readonly MultimodalInput[],
    inputType: InputType,
  ): Promise<readonly number[]>;
  /** Runs checked inputs. Returns normalised vectors in input order. */
  run(
    calls: readonly EngineCall[],
    inputs: readonly MultimodalInput[],
    side: SideRun,
    onDone?: (count: number) => void,
  ): Promise<TextResult[]>;
}

export function countWith(inputs: readonly MultimodalInput[], part: keyof MultimodalInput): number {
  return inputs.filter((input) => input?.[part] !== undefined).length;
}
