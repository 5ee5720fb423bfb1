import type { Embedder } from "../api/embedder.js";
import type { CallOptions, InputType } from "../api/options.js";

/** A text's vector, and how many tokens were read for it. */
export interface CountedVector {
  readonly dense: Float32Array;
  readonly tokens: number;
}

type EmbedCounted = (
  texts: readonly string[],
  options: CallOptions & { readonly inputType: InputType },
) => Promise<CountedVector[]>;

const offers = new WeakMap<Embedder, EmbedCounted>();

export function offerCounted(embedder: Embedder, embed: EmbedCounted): void {
  offers.set(embedder, embed);
}

/** Like `embedder.embed`, with the tokens that a server tells its clients. For embedders loaded here alone. */
export const embedCounted = (embedder: Embedder, ...rest: Parameters<EmbedCounted>): ReturnType<EmbedCounted> =>
  offers.get(embedder)!(...rest);
