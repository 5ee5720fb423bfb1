/** Changes a text so that `@huggingface/tokenizers` gives the ids of Hugging Face's Rust tokenizers for the original. */
export type Mend = (text: string) => string;

/** What `tokenizer.json` says about normalising, as far as it matters here. */
interface BertNormalizer {
  readonly type: "BertNormalizer";
  readonly handle_chinese_chars?: boolean;
  readonly lowercase?: boolean;
}

/** The mends that this tokenizer needs. */
export function createMend(tokenizerJson: object): Mend {
  const { normalizer } = tokenizerJson as { normalizer?: BertNormalizer | { readonly type: string } | null };
  if (normalizer?.type !== "BertNormalizer") return (text) => text;
  const bert = normalizer as BertNormalizer;
  return (text) => {
    let mended = text;
    if (bert.handle_chinese_chars !== false) mended = mended.replace(ASTRAL_HAN, " $& ");
    if (bert.lowercase !== false) mended = mended.replaceAll("Σ", "σ");
    return mended;
  };
}

/** Han beyond the basic plane stands alone as other Han does; the library walks UTF-16 units and does not see it. */
const ASTRAL_HAN =
  /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;
