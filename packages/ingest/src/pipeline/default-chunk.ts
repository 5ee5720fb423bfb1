import { BgeError, type Embedder } from "@bge-js/core";
import { divide, openTokenizer, turn } from "@bge-js/core/adapter";
import type { AnyDocument, ChunkFunction } from "../api.js";

/** Windows found in one turn of the event loop, which takes some milliseconds. */
const WINDOWS = 8;
/** Characters of a token, at most, in which so many windows are surely found, but in texts that are mostly blank. */
const CHARACTERS_PER_TOKEN = 6;

/** Divides documents into windows that the model reads whole: sentences, of which each window repeats the last of the one before. */
export function defaultChunk(embedder: Embedder): {
  readonly chunk: ChunkFunction<AnyDocument>;
  readonly recipe: string;
} {
  const { encode, room } = open(embedder);
  const countOf = (text: string) => encode(text).length;

  async function* chunk({ text }: AnyDocument, { signal }: { readonly signal: AbortSignal }) {
    for (let from = 0; from < text.length; ) {
      const to = whole(text, from + WINDOWS * room * CHARACTERS_PER_TOKEN);
      const part = text.slice(from, to);
      const { ranges } = divide(part, room, countOf);
      const isLast = to === text.length && ranges.at(-1) === part.length;
      // The end of a part is not the end of a sentence: its last window is found again at the beginning of the next part.
      const count = ranges.length / 2 - (isLast || ranges.length === 2 ? 0 : 1);
      for (let i = 0; i < count; i++) {
        const window = part.slice(ranges[2 * i], ranges[2 * i + 1]).trim();
        if (window !== "") yield { text: window };
      }
      from += isLast ? part.length : ranges.length === 2 ? ranges[1]! : ranges[2 * count]!;
      await turn();
      signal.throwIfAborted();
    }
  }

  return { chunk, recipe: `windows of ${room} tokens of ${embedder.spec.id}` };
}

/** Where a text may be cut without halving a character. */
function whole(text: string, at: number): number {
  if (at >= text.length) return text.length;
  return (text.codePointAt(at - 1) ?? 0) > 0xffff ? at - 1 : at;
}

function open(embedder: Embedder) {
  try {
    return openTokenizer(embedder, {});
  } catch (cause) {
    const { message } = cause as Error;
    throw new BgeError("INVALID_OPTION", `chunk must be given: ${message}`, { parameter: "chunk", cause });
  }
}
