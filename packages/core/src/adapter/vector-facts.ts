import type { Embedder } from "../api/embedder.js";
import type { DeviceOption, ModelSource, ServedSource } from "../api/model.js";

/** What is known of an embedder even before it is loaded. */
export type VectorSource = Pick<Embedder, "dimensions" | "maxTokens" | "spec"> & {
  readonly source: ModelSource | ServedSource;
};

/** Returns everything that affects the vector of a text, by name, always in the same order. */
export function vectorFacts(
  { spec, source, dimensions, maxTokens }: VectorSource,
  device: DeviceOption | "server",
): Record<string, unknown> {
  const { id, pooling, queryInstruction, queryFormat, documentInstruction, lowerCase } = spec;
  const { fingerprint, dtype, batching } = source;
  const instructions = { queryInstruction, queryFormat, documentInstruction };
  return {
    ...{ id, fingerprint, dtype, batching, pooling, dimensions, maxTokens, ...instructions },
    ...(lowerCase === true && { lowerCase }),
    // Numbers from another device differ in the last digits.
    ...(device !== "cpu" && { device }),
  };
}
