import type { ModelSpec } from "../api/model.js";
import type { Facts } from "./facts.js";

/** Sources of limits: the table for a known id, the folder's `bge.json` and other files, and the caller. */
interface Sources {
  readonly known: ModelSpec | undefined;
  readonly own: Facts;
  readonly declared: Facts;
  readonly given: Facts;
}

/**
 * Returns the facts with the limits in use. The maximum is the caller's, else that of `bge.json`, else the lower one of the model
 * table's and the position table's. The default is the caller's, else the lowest stated anywhere, if lower than the maximum.
 */
export function withLimits(facts: Facts, { known, own, declared, given }: Sources): Facts {
  const { maxTokens: _most, defaultMaxTokens: _usual, ...rest } = facts;
  const maxTokens = given.maxTokens ?? own.maxTokens ?? least(known?.maxTokens, declared.maxTokens);
  const positions = given.maxTokens === undefined ? declared.maxTokens : undefined;
  const stated = least(known?.defaultMaxTokens, own.defaultMaxTokens, declared.defaultMaxTokens, positions);
  const lower = stated !== undefined && (maxTokens === undefined || stated < maxTokens) ? stated : undefined;
  const defaultMaxTokens = given.defaultMaxTokens ?? lower;
  return {
    ...rest,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(defaultMaxTokens === undefined ? {} : { defaultMaxTokens }),
  };
}

function least(...limits: readonly (number | undefined)[]): number | undefined {
  const stated = limits.filter((limit) => limit !== undefined);
  return stated.length === 0 ? undefined : Math.min(...stated);
}
