import { BgeError, messageOf } from "../api/errors.js";
import { prepare, smallest } from "../images/families.js";
import type { PreparedPicture } from "../images/prepared.js";
import type { Computed, ModelInfo, Result, VisionStart, Work, WorkerData } from "../protocol.js";
import { GRID_INPUT, LANGUAGE_INPUTS } from "../protocol.js";
import type { Tokens } from "../text/encode.js";
import { gridPositions } from "./grid-positions.js";
import type { Output } from "./heads.js";
import { openTokens } from "./open-tokens.js";
import { numbersOf } from "./pictures.js";
import { readPicture } from "./read-picture.js";
import { openSession, type Session } from "./session.js";
import type { Stages } from "./stages.js";
import { type Inputs, int64Tensor } from "./tensors.js";

type PromptWork = Extract<Work, { type: "prompt" }>;

/** A vision language model in a worker: the language model's session, that of what it sees with, and what both do. */
interface VisionLanguage {
  readonly session: Session;
  readonly seeing: Session;
  readonly info: ModelInfo;
  /** Counts tokens, or runs a prompt. */
  perform(work: Work, stages: Stages): Promise<Result<Work>>;
}

export async function openVisionLanguage(start: WorkerData, vision: VisionStart): Promise<VisionLanguage> {
  const { file, imageToken } = vision;
  const tokens = openTokens(start);
  const imageId = tokens.idOf(imageToken);
  if (imageId === undefined) throw new BgeError("MODEL_MISMATCH", `The tokenizer has no token ${imageToken}.`);
  const session = await openSession(start);
  const seeing = await openSession({ ...start, file });
  const { probe, prompt } = createReader({ ...start, vision }, tokens, imageId, { language: session, vision: seeing });
  const { inputs, outputs } = session;
  return {
    session,
    seeing,
    info: { inputs, outputs, probe: await probe(start.reads), frame: tokens.frame },
    async perform(work, stages) {
      if (work.type === "prompt") return prompt(work, stages);
      if (work.type === "encode") return stages.tokenize(() => tokens.encode(work.texts, work.encoding));
      throw new BgeError("INFERENCE_FAILED", `This worker reads prompts; it has no ${work.type}.`);
    },
  };
}

/** Reads prompts. */
interface Reader {
  /** Runs both graphs once, on as little as possible. */
  probe(reads: readonly string[]): Promise<ModelInfo["probe"]>;
  prompt(work: PromptWork, stages: Stages): Promise<Computed & { readonly kept: number; readonly total: number }>;
}

function createReader(
  { vision, gate }: WorkerData & { readonly vision: VisionStart },
  tokens: Tokens,
  imageId: number,
  graphs: { readonly language: Session; readonly vision: Session },
): Reader {
  const { settings, limits, stretch, imageToken } = vision;
  /** Numbers of a feature, known from the probe. */
  let width = 0;

  async function run(ids: ArrayLike<number>, picture: PreparedPicture | undefined, names: readonly string[]) {
    const sequence = placed(ids, imageId, picture);
    const features = picture === undefined ? undefined : await see(picture);
    // Without a picture nothing is taken from it, but the graph wants a row.
    const image_features = features ?? { data: new Float32Array(width), shape: [1, width] };
    const inputs = { image_features, ...languageInputs(graphs.language.inputs, sequence, picture) };
    return graphs.language.run(inputs, names);
  }

  /** Returns a picture's features, [features, width]. */
  async function see({ inputs }: PreparedPicture): Promise<Output> {
    const [name] = graphs.vision.outputs;
    const features = (await graphs.vision.run(inputs, [name!]))[name!]!;
    width = features.shape.at(-1)!;
    return features;
  }

  return {
    async probe(reads) {
      const names = reads.filter((name) => graphs.language.outputs.includes(name));
      const { inputs } = graphs.language;
      const known = [...LANGUAGE_INPUTS, GRID_INPUT];
      // The caller's thread knows the model's facts and reports what is wrong.
      if (names.length === 0 || !inputs.every((name) => known.includes(name))) return { tokens: 0, shapes: {} };
      const { ids } = tokens.probe();
      const outputs = await run([...ids, imageId], smallest(settings), names).catch((cause: unknown) => {
        const problem = `The graphs cannot run a text with a picture: ${messageOf(cause)}`;
        throw new BgeError("MODEL_MISMATCH", problem, { cause });
      });
      const shapes = Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape]));
      return { tokens: ids.length, shapes };
    },
    async prompt({ text, encoding, image, heads }, stages) {
      const { rows, totals } = stages.tokenize(() => tokens.encode([text], encoding));
      const marks = rows.ids.reduce((count, id) => count + (id === imageId ? 1 : 0), 0);
      if (marks !== (image === undefined ? 0 : 1)) {
        const problem = `The prompt has ${marks} times the token ${imageToken}, which stands for the picture.`;
        throw new BgeError("INVALID_INPUT", problem, { parameter: "text" });
      }
      const picture =
        image === undefined
          ? undefined
          : await stages.prepare(async () => prepare(await readPicture(image, limits, gate, stretch), settings));
      const names = [...new Set(heads.map((head) => head.output))];
      const outputs = await stages.run(() => run(rows.ids, picture, names));
      const computed = stages.postprocess(() => numbersOf(heads, outputs));
      return { ...computed, kept: rows.ids.length, total: totals[0]! };
    },
  };
}

/** The tokens of a prompt, and for each the feature it takes, counted from 1. */
interface Sequence {
  readonly ids: Int32Array;
  readonly rows: Int32Array;
  /** Where the picture begins. */
  readonly start: number;
}

/** Repeats the token that stands for a picture as often as the picture has features. */
function placed(ids: ArrayLike<number>, imageId: number, picture: PreparedPicture | undefined): Sequence {
  const all = Array.from(ids);
  const start = all.indexOf(imageId);
  if (picture === undefined) return { ids: Int32Array.from(all), rows: new Int32Array(all.length), start: all.length };
  const { rows } = picture;
  const long = new Int32Array(all.length - 1 + rows.length).fill(imageId);
  long.set(all.slice(0, start));
  long.set(all.slice(start + 1), start + rows.length);
  const taken = new Int32Array(long.length);
  taken.set(
    rows.map((row) => row + 1),
    start,
  );
  return { ids: long, rows: taken, start };
}

function languageInputs(
  names: readonly string[],
  { ids, rows, start }: Sequence,
  picture: PreparedPicture | undefined,
): Inputs {
  const shape = [1, ids.length];
  const grid = names.includes(GRID_INPUT)
    ? { [GRID_INPUT]: int64Tensor(gridPositions(ids.length, start, picture?.grid), [3, ...shape]) }
    : {};
  return { input_ids: int64Tensor(ids, shape), image_rows: int64Tensor(rows, shape), ...grid };
}
