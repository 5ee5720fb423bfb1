import { BgeError } from "@bge-js/core";
import { isUrl, pictureContent } from "@bge-js/core/adapter";
import type { ImageInput, MultimodalEmbedder, MultimodalInput } from "@bge-js/core/multimodal";
import type { Intake, Taken } from "../add.js";
import { checkDocument, copyFields, takeDocument, unusableDocument } from "../documents.js";
import type { Store, Stored } from "../store.js";
import { readDocuments } from "../text-intake.js";
import type { MultimodalDocument, WithImage } from "./api.js";

/** A document as the store has it: without its picture, of which it knows where it is and what it was. */
export interface Kept extends Stored {
  readonly picture?: { readonly image: string; readonly hash: string };
  /** All further fields, and a text that is blank. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Before the hash of a picture that came without a place. */
const HASHED = "sha256:";

type Given<D> = WithImage<D> | string;

/** Documents of which texts and pictures are read. */
export function mixedIntake<D extends MultimodalDocument>(
  store: Store<Kept>,
  embedder: MultimodalEmbedder,
): Intake<Given<D>, Kept, MultimodalInput> {
  return {
    async take(given, signal) {
      const parts = takeDocument(() => partsOf(given as Given<MultimodalDocument>, store));
      if (parts instanceof BgeError) return { error: parts };
      const { image, ...document } = parts;
      const { text } = document;
      const words = text === undefined ? {} : { text };
      if (image === undefined) return { document, input: words };
      return withPicture(document, image, words, embedder, signal);
    },
    isSame: (known, { text, picture }) => known.text === text && known.picture?.hash === picture?.hash,
    embed: (inputs, options) => readDocuments(embedder.embedStream(inputs, options)),
  };
}

/** The caller's document again. */
export function toDocument<D extends MultimodalDocument>({ id, text, picture, fields }: Kept): D {
  const document = { id, ...(text !== undefined && { text }), ...(picture && { image: picture.image }), ...fields };
  // Its fields are those that were given, with the picture's place for the picture.
  return document as MultimodalDocument as D;
}

export function hasWords(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "";
}

async function withPicture(
  document: Kept,
  given: ImageInput,
  words: MultimodalInput,
  { pictures }: MultimodalEmbedder,
  signal: AbortSignal | undefined,
): Promise<Taken<Kept, MultimodalInput>> {
  try {
    const { hash, image } = await pictureContent(given, pictures, signal);
    const picture = { image: placeOf(given) ?? `${HASHED}${hash}`, hash };
    return { document: { ...document, picture }, input: { ...words, image } };
  } catch (error) {
    if (!(error instanceof BgeError) || signal?.aborted) throw error;
    return { error };
  }
}

function placeOf(image: ImageInput): string | undefined {
  if (typeof image === "string") return image;
  return isUrl(image) ? image.href : undefined;
}

/** Returns a document's parts, of which the picture is not read yet, or why it is none. */
function partsOf(
  given: Given<MultimodalDocument>,
  store: Store<Kept>,
): (Kept & { readonly image?: ImageInput }) | BgeError {
  if (typeof given === "string") {
    return hasWords(given) ? { id: store.nextId(), text: given, fields: {} } : unusableDocument(NEITHER);
  }
  const problem = checkDocument(given, "{ id, text?, image? }");
  if (problem !== undefined) return problem;
  const { id, text, image, ...fields } = given;
  if (typeof image === "string" && image.startsWith(HASHED)) {
    return unusableDocument(
      `has ${HASHED} for an image, which stands for bytes that the index does not hold: pass them`,
    );
  }
  if (text !== undefined && typeof text !== "string") return unusableDocument("has a text that is no string");
  if (image === undefined && !hasWords(text)) return unusableDocument(NEITHER);
  // A blank text is kept for who gave it, and is none to search.
  const isBlank = text !== undefined && !hasWords(text);
  const own = copyFields(isBlank ? { ...fields, text } : fields, store);
  if (own instanceof BgeError) return own;
  return { id, fields: own, ...(hasWords(text) && { text }), ...(image !== undefined && { image }) };
}

const NEITHER = "needs a text that is not blank, an image, or both";
