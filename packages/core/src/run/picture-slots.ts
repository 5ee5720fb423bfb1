import type { MultimodalInput } from "../api/multimodal.js";
import { downloadImage } from "../images/download.js";
import { toPicture } from "../images/input.js";
import type { ImagePolicy } from "../model/multimodal-options.js";
import type { SentImage } from "../protocol.js";

/** Downloads that may be in memory at the same time, until their pictures have been run. */
const DOWNLOADS = 4;

/** Gets a picture for a worker, and downloads it first if it is a URL, a few at a time, each until its picture has been run. */
export function pictureSender(policy: ImagePolicy, signal: AbortSignal | undefined) {
  const slots = createSlots(DOWNLOADS);
  return async <T>(
    given: NonNullable<MultimodalInput["image"]>,
    send: (image: SentImage) => Promise<T>,
  ): Promise<T> => {
    const picture = toPicture(given, policy.urls !== undefined);
    if (picture.form !== "url") return send(picture);
    const { maxBytes } = policy.limits;
    const { url, form: _, ...content } = picture;
    return slots(async () => {
      const bytes = await downloadImage(url, { ...policy.urls!, maxBytes, signal });
      return send({ form: "bytes", bytes, ...content });
    });
  };
}

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
