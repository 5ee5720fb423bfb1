import type { Embedder } from "../api/embedder.js";
import type { DeviceOption, EmbeddingSpec, ModelSource, ServedSource, VisionFacts } from "../api/model.js";
import type { PictureOptions } from "../api/multimodal.js";

/** What is known of an embedder even before it is loaded. */
export type VectorSource = Pick<Embedder, "dimensions" | "maxTokens" | "spec"> & {
  readonly source: ModelSource | ServedSource;
  /** Of a model that reads pictures too. */
  readonly pictures?: PictureOptions;
};

/** Returns everything that affects the vector of a text or a picture, by name, always in the same order. */
export function vectorFacts(
  { spec, source, dimensions, maxTokens, pictures }: VectorSource,
  device: DeviceOption | "server",
): Record<string, unknown> {
  const { id, pooling, queryInstruction, queryFormat, documentInstruction, lowerCase, output } = spec;
  const { fingerprint, dtype, batching } = source;
  const instructions = { queryInstruction, queryFormat, documentInstruction };
  return {
    ...{ id, fingerprint, dtype, batching, pooling, dimensions, maxTokens, ...instructions },
    ...(lowerCase === true && { lowerCase }),
    ...(output !== undefined && { output }),
    ...(pictures && pictureFacts(spec, pictures)),
    // Numbers from another device differ in the last digits.
    ...(device !== "cpu" && { device }),
  };
}

function pictureFacts(
  { imageOutput, vision }: EmbeddingSpec,
  { orientation, maxScaledPixels }: PictureOptions,
): Record<string, unknown> {
  return {
    orientation,
    ...(imageOutput !== undefined && { imageOutput }),
    ...(maxScaledPixels !== undefined && { maxScaledPixels }),
    ...(vision !== undefined && promptFacts(vision)),
  };
}

function promptFacts(vision: VisionFacts): Record<string, unknown> {
  const { stretch, query, bareQuery, document, bareDocument, text, image, both, imageToken } = vision;
  return {
    ...(stretch !== undefined && { stretch }),
    prompts: { query, bareQuery, document, bareDocument, text, image, both, imageToken },
  };
}
