import type { ModelSpec } from "../api/model.js";
import type { Facts } from "./facts.js";

/** Who states limits: the table for a known id, the folder's `bge.json` and its other files, the caller. */
interface Sources {
  readonly known: ModelSpec | undefined;
  readonly own: Facts;
  readonly declared: Facts;
  readonly given: Facts;
}

/**
 * The facts with the limits in use. The limit is the caller's, else that of `bge.json`, else the least of the table's and the position
 * table's. The default limit is the caller's, else the least that anybody states, where that is less.
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
