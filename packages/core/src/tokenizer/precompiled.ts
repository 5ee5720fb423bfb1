import { CONTROL, EXTEND, PREPEND } from "./character-classes.js";
import { inParts } from "./parts.js";

/**
 * Graphemes that can be shorter than six bytes: line ends, and characters with what extends or precedes them. Long ones
 * span several matches, because regular expressions fail on runs of some million characters.
 */
const MOST = 1000;
const GRAPHEME = new RegExp(
  `\\r\\n|[${PREPEND}]{0,${MOST}}[^${CONTROL}${PREPEND}${EXTEND}][${EXTEND}]{0,${MOST}}` +
    `|[${PREPEND}]{1,${MOST}}[${EXTEND}]{0,${MOST}}|[${EXTEND}]{1,${MOST}}|[${CONTROL}]`,
  "gu",
);
const EXTENDS = new RegExp(`^[${EXTEND}]`, "u");
const PRECEDES = new RegExp(`[${PREPEND}]$`, "u");
const WHOLE_BELOW_BYTES = 6;
const MOST_KNOWN = 100_000;
const utf8 = new TextEncoder();

/**
 * XLM-R's normaliser: sentencepiece's character map as the Rust library reads it. Graphemes under six bytes are looked
 * up whole, everything else by character. Of all entries that match at the start of a piece, the shortest replaces the
 * whole piece.
 */
export function precompiled(base64: string): (text: string) => string {
  const replacement = openCharsmap(base64);
  const short = (piece: string) => piece.length < WHOLE_BELOW_BYTES && utf8.encode(piece).length < WHOLE_BELOW_BYTES;
  const normalize = (text: string) => {
    /** Where a long match ended, and whether its grapheme continues. */
    let longEnd = -1;
    let open = false;
    return text.replace(GRAPHEME, (piece, at: number) => {
      const inside = at === longEnd && piece !== "\r\n" && (open || EXTENDS.test(piece));
      if (piece.length >= MOST || inside) {
        longEnd = at + piece.length;
        open = PRECEDES.test(piece.slice(-2));
      }
      if (piece.length === 1 || (!inside && short(piece))) {
        const whole = replacement(piece);
        if (whole !== undefined) return whole;
      }
      if (piece.length === 1) return piece;
      return Array.from(piece, (character) => replacement(character) ?? character).join("");
    });
  };
  return (text) => inParts(text.toWellFormed(), normalize, beginsGrapheme);
}

function beginsGrapheme(text: string, at: number): boolean {
  const joined = text.startsWith("\r\n", at - 1) || EXTENDS.test(text.slice(at, at + 2));
  return !joined && !PRECEDES.test(text.slice(Math.max(0, at - 2), at));
}

/**
 * Opens the map. Its bytes are the length of the trie, a Darts double array, and the replacements, each ending in a
 * zero byte.
 */
function openCharsmap(base64: string): (piece: string) => string | undefined {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  const view = new DataView(bytes.buffer);
  const trieBytes = view.getUint32(0, true);
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const strings = bytes.subarray(4 + trieBytes);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const find = (piece: string): string | undefined => {
    const at = shortestMatch(units, utf8.encode(piece));
    if (at === -1) return undefined;
    const end = strings.indexOf(0, at);
    return decoder.decode(strings.subarray(at, end === -1 ? undefined : end));
  };
  const known = new Map<string, string | undefined>();
  return (piece) => {
    if (piece.length > 2) return find(piece);
    if (known.has(piece)) return known.get(piece);
    if (known.size >= MOST_KNOWN) known.clear();
    const found = find(piece);
    known.set(piece, found);
    return found;
  };
}

/** Returns the position of the replacement of the shortest entry that is a prefix of `key`, or -1. */
function shortestMatch(units: Uint32Array, key: Uint8Array): number {
  let node = offset(units[0]!);
  for (const byte of key) {
    if (byte === 0) return -1;
    node ^= byte;
    const unit = units[node] ?? 0;
    if ((unit & 0x800000ff) >>> 0 !== byte) return -1;
    node ^= offset(unit);
    if ((unit >>> 8) & 1) return units[node]! & 0x7fffffff;
  }
  return -1;
}

/** Returns a unit's offset to its children, in Darts' packing. */
function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
