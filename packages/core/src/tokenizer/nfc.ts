import { COMPOSING } from "./character-classes.js";
import { orderMarks } from "./mark-order.js";

/** In parts, for no regular expression may try a run of any length. */
const INERT = new RegExp(`[^${COMPOSING}]{1,1000}`, "gu");

/** NFC of the Unicode version that the Rust library knows: all other characters stay as they are, and nothing moves across them. */
export function nfc(text: string): string {
  let result = "";
  let done = 0;
  for (const { 0: inert, index } of text.matchAll(INERT)) {
    result += composed(text.slice(done, index)) + inert;
    done = index + inert.length;
  }
  return result + composed(text.slice(done));
}

const composed = (text: string) => orderMarks(text).normalize("NFC");
