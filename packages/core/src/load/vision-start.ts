import { BgeError } from "../api/errors.js";
import type { EmbeddingSpec, ModelSource, VisionFacts } from "../api/model.js";
import { visionFile } from "../model/graphs.js";
import type { ImagePolicy } from "../model/multimodal-options.js";
import { readVisionSettings } from "../model/vision-settings.js";
import type { VisionStart } from "../protocol.js";
import { checkVisionFile } from "./vision-file.js";

/** Returns what a vision language model sees with: its second graph, and how pictures are prepared for it. @throws BgeError */
export function visionStart(
  spec: EmbeddingSpec & { readonly vision: VisionFacts },
  { directory, file: language, from }: ModelSource,
  { limits, maxScaledPixels }: Pick<ImagePolicy, "limits" | "maxScaledPixels">,
): VisionStart {
  const file = visionFile(language);
  const settings = readVisionSettings(directory, spec, maxScaledPixels);
  if (file === undefined || settings === undefined) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `${spec.id} cannot be opened as a vision language model: its ONNX file is ${language}, its architecture ${spec.architecture}.`,
      { parameter: "model" },
    );
  }
  checkVisionFile(file, spec, { from });
  const { imageToken, stretch } = spec.vision;
  return { file, settings, limits, imageToken, ...(stretch !== undefined && { stretch }) };
}
