import type { LoadOptions } from "../api/options.js";

/**
 * Returns what tells of texts that a server may have cut: where it says nothing of a text's length, a text of more bytes than the
 * limit has tokens may be too long. Once a model, like the warning of a cut that is known.
 */
export function overlongWarning(
  id: string,
  maxTokens: number,
  { truncation = "warn" }: Pick<LoadOptions, "truncation">,
): (texts: readonly string[]) => void {
  let warned = truncation !== "warn";
  return (texts) => {
    if (warned || !texts.some((text) => Buffer.byteLength(text) > maxTokens)) return;
    warned = true;
    process.emitWarning(
      `${id}: a text may be over the limit of ${maxTokens} tokens, and this server does not say whether it cuts such texts. Split ` +
        'long texts; truncation: "silent" if yours are short enough. This warning is emitted once per model.',
      { type: "BgeWarning", code: "BGE_TRUNCATED" },
    );
  };
}
