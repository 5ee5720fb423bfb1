import { BgeError, messageOf } from "../api/errors.js";
import { resizeAndCrop } from "../images/resample.js";
import { toTensor } from "../images/tensor.js";
import type { Computed, Head, ModelInfo, Work, WorkerData } from "../protocol.js";
import { IMAGE_INPUT } from "../protocol.js";
import { applyHeads } from "./heads.js";
import { readPicture } from "./read-picture.js";
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
        const picture = await readPicture(work.image, settings, gate);
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
export function numbersOf(heads: readonly Head[], outputs: Parameters<typeof applyHeads>[1]): Computed {
  const rows = { ids: Int32Array.of(0), lengths: Int32Array.of(1), seconds: Int32Array.of(0) };
  return applyHeads(heads, outputs, { rows, padding: "right", weightless: new Set() });
}
