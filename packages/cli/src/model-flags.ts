import type { Dtype, LoadOptions } from "@bge-js/core";
import type { Context } from "./context.js";
import { bytes } from "./format.js";
import { createProgress } from "./progress.js";

/** The options of all commands that load a model. */
export interface PlaceFlags {
  readonly model?: string | undefined;
  readonly threads?: number | undefined;
  /** Never download. */
  readonly offline?: boolean | undefined;
}

/** The options of commands that hand texts to one model. */
export interface ModelFlags extends PlaceFlags {
  readonly dtype?: Dtype;
  readonly maxTokens?: number;
  readonly truncation?: "error";
}

/** Returns the options for a loader. What is cut is reported by the command itself, in its own terms. */
export function toLoadOptions(flags: ModelFlags, { signal }: Context): LoadOptions {
  const { dtype, maxTokens, truncation = "silent" } = flags;
  return {
    truncation,
    signal,
    ...(dtype && { dtype }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...downloadOptions(flags),
  };
}

/** Returns the options on where a model comes from and where it runs, with a bar for its download. */
export function downloadOptions({
  threads,
  offline,
}: PlaceFlags): Pick<LoadOptions, "threads" | "download" | "onDownload"> {
  const progress = createProgress("download", bytes);
  return {
    ...(threads !== undefined && { threads }),
    ...(offline && { download: false }),
    onDownload({ bytesOfAll, totalOfAll }) {
      progress.update(bytesOfAll, totalOfAll);
      if (bytesOfAll === totalOfAll) progress.finish();
    },
  };
}

/** Returns the options for the embedder of an index: passages are short enough to be read whole. */
export function embedderOptions(
  flags: PlaceFlags,
  { signal }: Pick<Context, "signal">,
): Pick<LoadOptions, "truncation" | "signal" | "threads" | "download" | "onDownload"> {
  return { truncation: "silent", signal, ...downloadOptions(flags) };
}
