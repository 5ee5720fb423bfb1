import { BgeError } from "../api/errors.js";
import type { ImageLimits } from "../api/image-settings.js";
import type { EmbeddingSpec, OpenSource } from "../api/model.js";
import type { LoadOptions } from "../api/options.js";
import { type SharedEngine, shareEngine } from "../engine/shared-engine.js";
import { architectureOf } from "../model/facts.js";
import { weightFiles } from "../model/files.js";
import { fingerprint } from "../model/fingerprint.js";
import { visionFile } from "../model/graphs.js";
import { readImageSettings } from "../model/image-settings.js";
import { IMAGE_INPUT } from "../protocol.js";
import { checkVisionFile } from "./vision-file.js";

/** Opens the graph for pictures beside an open one for texts, in workers of its own. @throws BgeError */
export async function openImages(
  spec: EmbeddingSpec,
  source: OpenSource,
  options: LoadOptions,
  limits: ImageLimits,
): Promise<SharedEngine> {
  const { directory, optimized, dtype, device } = source;
  const file = visionFile(source.file);
  const output = spec.imageOutput;
  if (output === undefined || file === undefined) {
    throw mismatch(`${spec.id} reads no images: its ONNX file is ${source.file}, and imageOutput is ${output}`);
  }
  checkVisionFile(file, spec, source);
  const images = { ...readImageSettings(directory), ...limits };
  const architecture = architectureOf(spec);
  const { padding = "right" } = spec;
  const start = { directory, file, optimized, architecture, padding, reads: [output], device, images };
  // A picture is shorter than the longest text that the plan of threads allows for by default.
  const engine = await shareEngine(
    start,
    fingerprint(weightFiles(file)),
    { ...options, maxTokens: PICTURE_TOKENS },
    { model: spec.id, dtype, device },
  );
  const { inputs, outputs, probe } = engine.info;
  const shape = probe.shapes[output];
  if (shape?.length === 2 && shape[1] === spec.dimensions) return engine;
  await engine.dispose();
  const found = shape === undefined ? `outputs ${outputs.join(", ")}` : `${output} of shape [${shape.join(", ")}]`;
  throw mismatch(
    `${file} needs the input ${IMAGE_INPUT} and the output ${output} of shape [batch, ${spec.dimensions}]; ` +
      `it has inputs ${inputs.join(", ")} and ${found}`,
  );
}

/** Of the larger CLIP: 16 × 16 patches and the class token. */
const PICTURE_TOKENS = 257;

function mismatch(problem: string): BgeError {
  return new BgeError("MODEL_MISMATCH", `${problem}.`, { parameter: "model" });
}
