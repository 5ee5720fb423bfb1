import { BgeError } from "../api/errors.js";
import type { MultimodalInput } from "../api/multimodal.js";
import type { EngineCall } from "../engine/pool.js";
import { downloadImage } from "../images/download.js";
import { type Picture, toPicture } from "../images/input.js";
import type { ImagePolicy } from "../model/multimodal-options.js";
import type { Head } from "../protocol.js";
import type { TextResult } from "./results.js";
import { ofInput, runTexts, type TextTask } from "./run-texts.js";

/** What inputs with texts and pictures are run on. */
export interface InputRun {
  readonly texts: EngineCall;
  readonly images: EngineCall;
  /** Its head gives vectors before normalisation, as does `imageHead`. */
  readonly task: TextTask;
  readonly imageHead: Head;
  readonly policy: ImagePolicy;
  readonly signal?: AbortSignal | undefined;
}

type Sums = Extract<TextResult, { readonly error?: undefined }>;

/**
 * Runs checked inputs. Pictures run one by one: a run of several would take as much memory more, and is hardly faster on a CPU.
 * Returns normalised vectors in input order.
 */
export async function runInputs(
  run: InputRun,
  inputs: readonly MultimodalInput[],
  onDone: (count: number) => void = () => {},
): Promise<TextResult[]> {
  const withText = inputs.flatMap(({ text }, index) => (text === undefined ? [] : [index]));
  const texts = withText.map((index) => inputs[index]!.text!);
  const textsRun: Promise<TextResult[]> =
    texts.length === 0 ? Promise.resolve([]) : runTexts(run.texts, texts, run.task);
  const slots = createSlots(DOWNLOADS);
  return Promise.all(
    inputs.map(async ({ image }, index) => {
      const parts = await Promise.all([
        image === undefined ? undefined : runImage(run, image, slots),
        textsRun.then((results) => results[withText.indexOf(index)]),
      ]);
      onDone(1);
      return normalisedSum(parts.filter((part) => part !== undefined));
    }),
  );
}

async function runImage(
  run: InputRun,
  image: NonNullable<MultimodalInput["image"]>,
  slots: Slots,
): Promise<TextResult> {
  try {
    const picture = toPicture(image, run.policy.urls !== undefined);
    return picture.form === "url" ? await slots(() => runPicture(run, picture)) : await runPicture(run, picture);
  } catch (error) {
    return { error: ofInput(error) };
  }
}

async function runPicture({ images, imageHead, policy, signal }: InputRun, picture: Picture): Promise<TextResult> {
  const { maxBytes } = policy.limits;
  const image =
    picture.form === "url"
      ? ({ form: "bytes", bytes: await downloadImage(picture.url, { ...policy.urls!, maxBytes, signal }) } as const)
      : picture;
  const { data, faulty } = await images.run({ type: "image", image, heads: [imageHead] });
  if (faulty.length === 0) return { data, tokens: 0, kept: 0 };
  return { error: new BgeError("INFERENCE_FAILED", "The model returned unusable numbers for an image") };
}

/** Adds the vectors of an input's parts and normalises the sum, `x / max(‖x‖, 1e-12)` as in the reference. */
function normalisedSum(parts: readonly TextResult[]): TextResult {
  const failed = parts.find((part) => part.error !== undefined);
  if (failed !== undefined) return failed;
  const sums = parts as readonly Sums[];
  const data = sums[0]!.data.slice();
  for (const other of sums.slice(1)) for (let d = 0; d < data.length; d++) data[d] = data[d]! + other.data[d]!;
  let squares = 0;
  for (const value of data) squares += value * value;
  const norm = Math.max(Math.sqrt(squares), 1e-12);
  for (let d = 0; d < data.length; d++) data[d] = data[d]! / norm;
  const [tokens, kept] = [sums, sums].map((all, i) =>
    Math.max(...all.map((part) => (i === 0 ? part.tokens : part.kept))),
  );
  return { data, tokens: tokens!, kept: kept! };
}

/** Downloads that may be in memory at the same time, until their pictures have been run. */
const DOWNLOADS = 4;

type Slots = <T>(body: () => Promise<T>) => Promise<T>;

/** Lets at most `most` bodies run at the same time; the others wait for their turn. */
function createSlots(most: number): Slots {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (body) => {
    if (running === most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await body();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
