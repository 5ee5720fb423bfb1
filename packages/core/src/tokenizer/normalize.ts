import { bertNormalize, lowerCase, strip } from "./bert.js";
import { SPACE } from "./character-classes.js";
import { libraryNormalizer, type Normalize } from "./library.js";
import { nfc } from "./nfc.js";
import { precompiled } from "./precompiled.js";
import type { NormalizerStep } from "./tokenizer-json.js";

const SPACES = new RegExp(`[${SPACE}]+`, "gu");

/** Creates a normalisation step: ours if the library differs from Rust, otherwise the library's. */
export function normalizer(step: NormalizerStep | null | undefined): Normalize {
  if (step == null) return (text) => text;
  switch (step.type) {
    case "BertNormalizer":
      return bertNormalize(step);
    case "Lowercase":
      return lowerCase;
    case "Precompiled":
      return precompiled(step.precompiled_charsmap ?? "");
    case "Strip":
      return strip(step);
    case "NFC":
      return nfc;
    case "Prepend":
      return (text) => (text === "" ? "" : step.prepend! + text);
    case "Replace": {
      const literal = step.pattern?.String;
      // A function, because "$&" is special in a replacement string.
      if (literal !== undefined) return (text) => text.replaceAll(literal, () => step.content ?? "");
      // JavaScript's `\s` has another set of characters than Rust's.
      if (step.pattern?.Regex === "\\s+") return (text) => text.replaceAll(SPACES, () => step.content ?? "");
      return libraryNormalizer(step);
    }
    case "Sequence": {
      const steps = step.normalizers!.map(normalizer);
      return (text) => steps.reduce((result, each) => each(result), text);
    }
    default:
      return libraryNormalizer(step);
  }
}
