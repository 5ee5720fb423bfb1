import { createRequire } from "node:module";
import type sharpModule from "sharp";
import { BgeError, messageOf } from "../api/errors.js";
import type { ImageLimits, ImageSettings } from "../api/multimodal.js";
import { throughGate } from "../engine/native-gate.js";
import { toRgb } from "../images/colours.js";
import { checkSize, decode } from "../images/decode.js";
import { checkBytes, readImageFile } from "../images/read.js";
import { type RgbImage, resizeAndCrop } from "../images/resample.js";
import { toTensor } from "../images/tensor.js";
import type { Computed, Gate, Head, ModelInfo, SentImage, Work, WorkerData } from "../protocol.js";
import { IMAGE_INPUT } from "../protocol.js";
import { applyHeads } from "./heads.js";
import type { Session } from "./session.js";
import type { Stages } from "./stages.js";

/** What a worker does with pictures. */
export interface ImageReader {
  /** Runs the graph once on a grey square, to learn its output shapes and to warm it up. */
  probe(session: Session): Promise<ModelInfo["probe"]>;
  /** Reads, decodes, resizes and runs one picture. */
  perform(session: Session, work: Work, stages: Stages): Promise<Computed>;
}

export function imageReader({ images, gate, reads }: WorkerData): ImageReader {
  const { size, edge, ...settings } = images!;
  return {
    async probe(session) {
      const names = reads.filter((name) => session.outputs.includes(name));
      // The caller's thread knows the model's facts and reports what is wrong.
      if (names.length === 0 || session.inputs.join() !== IMAGE_INPUT) return { tokens: 0, shapes: {} };
      const outputs = await runOn(session, new Float32Array(3 * size * size), size, names).catch((cause: unknown) => {
        const problem = `The graph cannot run a picture of ${size} × ${size} pixels: ${messageOf(cause)}`;
        throw new BgeError("MODEL_MISMATCH", problem, { cause });
      });
      return {
        tokens: 0,
        shapes: Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape])),
      };
    },
    async perform(session, work, stages) {
      if (work.type !== "image") throw new BgeError("INFERENCE_FAILED", "This worker reads pictures, not texts.");
      const pixels = await stages.prepare(async () => {
        const picture = await toPicture(work.image, settings, gate);
        return toTensor(resizeAndCrop(picture, edge, size), settings);
      });
      const names = work.heads.map((head) => head.output);
      const outputs = await stages.run(() => runOn(session, pixels, size, names));
      return stages.postprocess(() => numbersOf(work.heads, outputs));
    },
  };
}

function runOn(session: Session, data: Float32Array, size: number, names: readonly string[]) {
  return session.run({ [IMAGE_INPUT]: { data, shape: [1, 3, size, size] } }, names);
}

/** The picture is a row of one token, as far as heads are concerned. */
function numbersOf(heads: readonly Head[], outputs: Parameters<typeof applyHeads>[1]): Computed {
  const rows = { ids: Int32Array.of(0), lengths: Int32Array.of(1), seconds: Int32Array.of(0) };
  return applyHeads(heads, outputs, { rows, padding: "right", weightless: new Set() });
}

async function toPicture(
  image: SentImage,
  { maxPixels, maxBytes, orientation }: Omit<ImageLimits & ImageSettings, "size" | "edge">,
  gate: Gate,
): Promise<RgbImage> {
  if (image.form === "samples") {
    checkSize(image.width, image.height, maxPixels);
    return toRgb(image);
  }
  const bytes = image.form === "file" ? await readImageFile(image.path, maxBytes) : image.bytes;
  checkBytes(bytes.length, maxBytes);
  const sharp = loadSharp();
  // Its native code, too, must not be interrupted by the end of the thread.
  return throughGate(gate, () => decode(sharp, bytes, { maxPixels, orient: orientation === "apply" }));
}

const require = createRequire(import.meta.url);
let loaded: typeof sharpModule | undefined;

/** Loads sharp with the first file. Raw samples need none. */
function loadSharp(): typeof sharpModule {
  if (loaded !== undefined) return loaded;
  try {
    loaded = require("sharp") as typeof sharpModule;
    return loaded;
  } catch (cause) {
    throw new BgeError(
      "PACKAGE_NOT_FOUND",
      `sharp, which decodes picture files, cannot be loaded: ${messageOf(cause).split("\n", 1)[0]}. ` +
        "npm install sharp@0.35, or pass decoded pictures as { data, width, height, channels }.",
      { parameter: "image", cause },
    );
  }
}
