import { BgeError, listed } from "../api/errors.js";
import type { ImageInput, MultimodalInput } from "../api/multimodal.js";
import { isUrl } from "../checks.js";
import { unusable } from "../images/unusable.js";

/** A picture as frameworks pass it: as in `@bge-js/core/multimodal`, or a `Blob` or a `data:` URL in base64, as a string or a `URL`. */
export type AdapterImage = ImageInput | Blob;

/** A text, a picture, or both, as for `embed` of `@bge-js/core/multimodal`, with a picture as frameworks pass it. */
export interface MultimodalAdapterInput extends Omit<MultimodalInput, "image"> {
  readonly image?: AdapterImage;
}

/**
 * Returns inputs as the model takes them: `Blob`s and `data:` URLs become bytes, and whatever else is left to the model to judge.
 *
 * @throws BgeError `INVALID_INPUT` that names the index of each that cannot be read
 */
export async function toInputs(given: readonly MultimodalAdapterInput[]): Promise<MultimodalInput[]> {
  const inputs: MultimodalInput[] = [];
  const failed: { readonly index: number; readonly message: string }[] = [];
  for (const [index, input] of given.entries()) {
    try {
      inputs.push(await toInput(input));
    } catch (error) {
      if (!(error instanceof BgeError)) throw error;
      failed.push({ index, message: error.message });
    }
  }
  if (failed.length === 0) return inputs;
  const problems = listed(failed.map(({ index, message }) => `index ${index}: ${message}`));
  throw new BgeError(
    "INVALID_INPUT",
    `${failed.length} of ${given.length} inputs cannot be used: ${problems} Nothing was run.`,
    { parameter: "inputs", indices: failed.map(({ index }) => index) },
  );
}

/** Returns the bytes of a picture in base64. @throws BgeError `INVALID_INPUT` for other characters, which `Buffer.from` would leave out */
export function ofBase64(base64: unknown): Uint8Array {
  if (typeof base64 !== "string") throw unusable("its base64 is not a string");
  const bytes = Buffer.from(base64, "base64");
  const digits = base64.length - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
  // One digit in excess gives no byte more, but no bytes have that many digits.
  if (digits % 4 === 1 || bytes.length !== Math.floor((digits * 3) / 4)) {
    throw unusable("its base64 is cut off, or has characters that are not base64");
  }
  return bytes;
}

async function toInput(input: MultimodalAdapterInput): Promise<MultimodalInput> {
  const image = input?.image;
  if (isBlob(image)) return { ...input, image: await ofBlob(image) };
  const data = dataUrlOf(image);
  return data === undefined ? (input as MultimodalInput) : { ...input, image: ofDataUrl(data) };
}

async function ofBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw unusable("its Blob cannot be read", cause);
  }
}

function dataUrlOf(image: unknown): string | undefined {
  if (typeof image === "string") return /^data:/i.test(image) ? image : undefined;
  return isUrl(image) && image.protocol === "data:" ? image.href : undefined;
}

function ofDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(",");
  if (comma < 0 || !/;base64$/i.test(url.slice(0, comma))) throw unusable("its data: URL is not in base64");
  return ofBase64(url.slice(comma + 1));
}

/** Checks the method, not the class: the Blob may come from another realm, as in a test runner. */
function isBlob(image: unknown): image is Blob {
  return typeof image === "object" && image !== null && "arrayBuffer" in image;
}
