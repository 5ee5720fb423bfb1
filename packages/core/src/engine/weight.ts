import type { Work } from "../protocol.js";

/** Inputs that a piece of work is about: rows, or texts. */
export function inputsOf(work: Work): number {
  if (work.type === "encode") return work.texts.length;
  return work.type === "run" ? work.rows.lengths.length : 1;
}

/** UTF-8 bytes of a text to a token, about: English has four and a half, Chinese three to four. */
const BYTES_PER_TOKEN = 4;

/** Tokens of a piece of work; those of texts that nobody has read yet are estimated from their bytes. */
export function tokensOf(work: Work): number {
  if (work.type === "run") return work.rows.ids.length;
  if (work.type === "decode") return work.ids.length;
  const texts = work.type === "encode" ? work.texts : [work.text];
  return texts.reduce((sum, text) => sum + 1 + Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN), 0);
}
