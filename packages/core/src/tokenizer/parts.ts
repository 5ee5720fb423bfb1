const PART = 1 << 16;
/** What may be dropped before marks are put into order counts as one of them. */
const MARK = /^[\p{M}\p{C}\ufffd]/u;

/**
 * Maps a long text part by part: V8 ends the process over a replacement of some ten million matches, whatever one catches.
 * `begins`: may a part begin at this place? By default before any character that is no mark.
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

/** Not between the halves of a character. */
function isWhole(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 0xdc00 || code > 0xdfff;
}
