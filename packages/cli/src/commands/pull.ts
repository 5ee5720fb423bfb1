import { type PullOptions, pullModel } from "@bge-js/core";
import type { Context } from "../context.js";
import { EXIT } from "../exit.js";
import { bytes } from "../format.js";
import { createProgress } from "../progress.js";

export interface PullFlags {
  readonly dtype?: NonNullable<PullOptions["dtype"]>;
  readonly revision?: string;
  readonly verify?: boolean;
  readonly json?: boolean;
}

/** Downloads models into the Hugging Face cache, and writes each one's folder. */
export async function pull(
  models: readonly string[],
  flags: PullFlags,
  { signal, print, note }: Context,
): Promise<number> {
  const { json, ...options } = flags;
  for (const model of models) {
    const progress = createProgress(model, bytes);
    const pulled = await pullModel(model, {
      ...options,
      signal,
      onProgress: ({ bytesOfAll, totalOfAll }) => progress.update(bytesOfAll, totalOfAll),
    }).finally(() => progress.finish());
    const { id, dtype, commit, downloadedBytes } = pulled;
    await print(json ? `${JSON.stringify(pulled)}\n` : `${pulled.directory}\n`);
    if (!json)
      note(
        `${id} ${dtype} at ${commit.slice(0, 12)}: ${bytes(pulled.bytes)}, ${bytes(downloadedBytes)} of it downloaded now`,
      );
  }
  return EXIT.ok;
}
