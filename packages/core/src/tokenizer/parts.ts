const PART = 1 << 16;
/** Characters that may be dropped before marks are ordered count as marks. */
const MARK = /^[\p{M}\p{C}\ufffd]/u;

/**
 * Maps a long text in parts: V8 crashes the process on a replacement with some ten million matches. `begins` tells
 * whether a part may begin at a position; by default, before any character that is not a mark.
 */
export function inParts(text: string, map: (part: string) => string, begins = beginsAnew): string {
  if (text.length <= PART) return map(text);
  let result = "";
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = Math.min(start + PART, text.length);
    while (end < text.length && !(isWhole(text, end) && begins(text, end))) end++;
    result += map(text.slice(start, end));
  }
  return result;
}

function beginsAnew(text: string, at: number): boolean {
  return !MARK.test(text.slice(at, at + 2));
}

/** False between the halves of a surrogate pair. */
function isWhole(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 0xdc00 || code > 0xdfff;
}
