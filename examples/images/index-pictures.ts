import type { MultimodalEmbedder } from "@bge-js/core/multimodal";
import type { KeptVectors } from "../demo/kept-vectors.js";
import type { Progress } from "../demo/progress.js";
import type { Picture } from "./pictures.js";

export interface IndexedPictures {
  /** The pictures that could be read, and their vectors. */
  readonly pictures: readonly Picture[];
  readonly vectors: readonly Float32Array[];
  /** Why the others could not. */
  readonly unreadable: readonly { readonly name: string; readonly reason: string }[];
  readonly counts: { readonly embedded: number; readonly kept: number; readonly removed: number };
}

/** Pictures after which vectors are written to the file. */
const WRITTEN_AT_ONCE = 16;

/** Embeds the pictures that are not kept already. One that is broken is named and left out. */
export async function indexPictures(
  pictures: readonly Picture[],
  embedder: MultimodalEmbedder,
  kept: KeptVectors,
  progress: Progress,
  signal: AbortSignal,
): Promise<IndexedPictures> {
  const removed = await kept.retain(pictures.map(({ hash }) => hash));
  // Two files with the same content are embedded once.
  const fresh = [...new Map(pictures.map((one) => [one.hash, one])).values()].filter(({ hash }) => !kept.get(hash));
  const reasons = new Map<string, string>();
  const done: Picture[] = [];
  const vectors: Float32Array[] = [];
  const write = () =>
    kept.add(
      done.splice(0).map(({ hash }) => hash),
      vectors.splice(0),
    );
  const stream = embedder.embedStream(
    fresh.map(({ path }) => ({ image: path })),
    {
      signal,
      onError: "skip",
      onSkip: ({ index, message }) => reasons.set(fresh[index!]!.hash, message.replace(/ \(input index \d+\)$/, "")),
    },
  );
  let at = 0;
  try {
    for await (const vector of stream) {
      const picture = fresh[at++]!;
      if (vector !== undefined) {
        done.push(picture);
        vectors.push(vector);
      }
      progress.update(pictures.length - fresh.length + at, at);
      if (done.length === WRITTEN_AT_ONCE) await write();
    }
  } finally {
    // What an interrupted run has embedded is kept, too.
    await write();
    progress.finish();
  }
  const readable = pictures.filter(({ hash }) => !reasons.has(hash));
  return {
    pictures: readable,
    vectors: readable.map(({ hash }) => kept.get(hash)!),
    unreadable: pictures.flatMap(({ name, hash }) => (reasons.has(hash) ? [{ name, reason: reasons.get(hash)! }] : [])),
    counts: { embedded: fresh.length - reasons.size, kept: readable.length - fresh.length + reasons.size, removed },
  };
}
