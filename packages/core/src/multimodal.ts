import { BgeError } from "./api/errors.js";
import type { EmbeddingSpec, ModelReference, ModelSource, ModelSpec, OpenSource } from "./api/model.js";
import type { MultimodalEmbedder, MultimodalInput, MultimodalOptions, PictureOptions } from "./api/multimodal.js";
import type { InputType } from "./api/options.js";
import { checkOptions } from "./checks.js";
import { checkInput, toPicture } from "./images/input.js";
import { openImages } from "./load/open-images.js";
import { type OpenModel, openModel, type Plan } from "./load/open-model.js";
import { visionStart } from "./load/vision-start.js";
import { weightFiles } from "./model/files.js";
import { fingerprint } from "./model/fingerprint.js";
import { visionFile } from "./model/graphs.js";
import { type ImagePolicy, imagePolicy, MULTIMODAL_OPTIONS } from "./model/multimodal-options.js";
import { LEAST_TEXT_TOKENS, maxTokensOf, refuse } from "./model/options.js";
import { readVisionSettings, scalesPictures } from "./model/vision-settings.js";
import { embedInputStream, embedInputs } from "./run/embed-inputs.js";
import type { InputFamily } from "./run/input-family.js";
import { mainOutput } from "./run/outputs.js";
import { prompted } from "./run/prompted.js";
import { createTruncation } from "./run/truncation-report.js";
import { twoTowers } from "./run/two-towers.js";
import { checkText } from "./text/input.js";

export type {
  ImageInput,
  MultimodalCallOptions,
  MultimodalEmbedder,
  MultimodalInput,
  MultimodalOptions,
  MultimodalStreamOptions,
  PictureOptions,
  RawImage,
  UrlPolicy,
} from "./api/multimodal.js";

/** The default of `loadMultimodalEmbedder()`. */
const DEFAULT_MODEL = "BAAI/BGE-VL-base";

interface MultimodalPlan extends Plan {
  readonly spec: EmbeddingSpec;
}

type Opened = OpenModel<MultimodalPlan> & { readonly source: OpenSource };

/**
 * Loads a model with one space for texts and pictures: BGE-VL-base or -large, or one that is prompted, BGE-VL-v1.5 or -MLLM.
 *
 * @param model a Hugging Face id, a folder, or `{ id?, directory?, ...facts }`, as for `loadEmbedder`. The hub has no ONNX files of
 * these models: tools/export of the bge-js repository writes a folder. @default BAAI/BGE-VL-base
 * @example
 * await using embedder = await loadMultimodalEmbedder("./bge-vl-base");
 * const [words, picture, both] = await embedder.embed([
 *   { text: "a red bus" },
 *   { image: "./bus.jpg" },
 *   { image: "./bus.jpg", text: "the same, but green" },
 * ]);
 * @throws BgeError like `loadEmbedder`
 */
export async function loadMultimodalEmbedder(
  model: string | URL | ModelReference = DEFAULT_MODEL,
  options: MultimodalOptions = {},
): Promise<MultimodalEmbedder> {
  const checked = checkOptions(options, MULTIMODAL_OPTIONS, "loadMultimodalEmbedder");
  const policy = imagePolicy(checked);
  const { maxPixels: _pixels, maxBytes: _bytes, maxScaledPixels: _scaled, ...others } = checked;
  const { orientation: _turn, allowUrls: _urls, ...load } = others;
  const opened = await openModel(model, load, (spec) => planMultimodal(spec, checked, policy));
  try {
    const family = await openFamily(opened, policy, load);
    return createMultimodal(opened, family, policy, { ...load, allowUrls: checked.allowUrls ?? false });
  } catch (error) {
    await opened.engine.dispose();
    throw error;
  }
}

function readsImages({ imageOutput, vision }: EmbeddingSpec): boolean {
  return imageOutput !== undefined || vision !== undefined;
}

function planMultimodal(spec: ModelSpec, options: MultimodalOptions, policy: ImagePolicy): MultimodalPlan {
  if (spec.kind !== "embedding" || !readsImages(spec)) {
    throw new BgeError("MODEL_MISMATCH", `${spec.id} reads no images. Load it with loadEmbedder or loadReranker.`, {
      parameter: "model",
    });
  }
  const { vision: facts } = spec;
  if (!scalesPictures(spec)) refuse(options, ["maxScaledPixels"], `${spec.id} reads every picture at one size`);
  const vision =
    facts === undefined
      ? {}
      : { vision: (source: ModelSource) => visionStart({ ...spec, vision: facts }, source, policy) };
  return { spec, maxTokens: maxTokensOf(options, spec, LEAST_TEXT_TOKENS), needs: ["dense"], ...vision };
}

/** Opens what a model needs beside the graph for texts, and returns how it reads inputs. */
async function openFamily(
  { engine, source, plan }: Opened,
  policy: ImagePolicy,
  options: MultimodalOptions,
): Promise<InputFamily> {
  const { spec, maxTokens } = plan;
  const { dimensions } = spec;
  const output = mainOutput(spec);
  if (spec.vision !== undefined) {
    const head = { type: "vector", output, pooling: spec.pooling, dimensions } as const;
    return prompted({ engine, facts: spec.vision, maxTokens, head, policy });
  }
  return twoTowers({
    texts: engine,
    images: await openImages(spec, source, options, policy.limits),
    task: {
      encoding: { form: "single", maxTokens },
      heads: [{ type: "projection", output, dimensions }],
      batching: source.batching,
    },
    imageHead: { type: "projection", output: spec.imageOutput!, dimensions },
    policy,
  });
}

function createMultimodal(
  { source, plan }: Opened,
  family: InputFamily,
  policy: ImagePolicy,
  options: MultimodalOptions & Pick<PictureOptions, "allowUrls">,
): MultimodalEmbedder {
  const { spec, maxTokens } = plan;
  const { maxPixels, maxBytes, orientation } = policy.limits;
  const model = {
    family,
    truncation: createTruncation(spec.id, maxTokens, options),
    check(input: MultimodalInput, inputType: InputType): void {
      checkInput(input);
      if (input.text !== undefined) checkText(input.text, "text");
      family.check(input, inputType);
      if (input.image !== undefined) toPicture(input.image, policy.urls !== undefined);
    },
  };
  const dispose = async () => void (await Promise.all(family.engines.map((engine) => engine.dispose())));
  return {
    spec,
    source: { ...source, fingerprint: fingerprintOf(source) },
    pictures: { maxPixels, maxBytes, orientation, allowUrls: options.allowUrls, ...scaling(spec, source, policy) },
    dimensions: spec.dimensions,
    maxTokens,
    embed: (inputs, callOptions = {}) => embedInputs(model, inputs, callOptions),
    // With `onError: "throw"` no input is ever skipped, so nothing is ever `undefined`.
    embedStream: ((inputs, streamOptions = {}) =>
      embedInputStream(model, inputs, streamOptions)) as MultimodalEmbedder["embedStream"],
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** Of both graphs. */
function fingerprintOf({ file }: OpenSource): string {
  // An open model has both.
  return fingerprint([file, visionFile(file)!].flatMap(weightFiles));
}

function scaling(
  spec: EmbeddingSpec,
  { directory }: OpenSource,
  { maxScaledPixels }: ImagePolicy,
): Pick<PictureOptions, "maxScaledPixels"> {
  const settings = scalesPictures(spec) ? readVisionSettings(directory, spec, maxScaledPixels) : undefined;
  return settings?.family === "qwen2_5_vl" ? { maxScaledPixels: settings.maxPixels } : {};
}
