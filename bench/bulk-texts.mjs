import { join } from "node:path";
import { readSet } from "../tools/evaluate/beir.mjs";
import { mixedLengths, textsOf } from "./texts.mjs";

/** `count` texts: of mixed lengths, or of a set under BGE_JS_DATA, taken at equal steps through its corpus. */
export function bulkTexts(source, count) {
  if (source === "mixed") return textsOf(mixedLengths(count));
  const { documents } = readSet(join(process.env.BGE_JS_DATA, source));
  const step = documents.length / Math.min(count, documents.length);
  return Array.from({ length: Math.min(count, documents.length) }, (_, i) => documents[Math.floor(i * step)].text);
}
