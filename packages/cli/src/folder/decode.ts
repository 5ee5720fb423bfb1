/** How far a binary file is looked at. */
const LOOKED_AT = 8192;

/**
 * Returns a file's text: UTF-8, or UTF-16 with a byte order mark. Otherwise what it is instead, and whether that is
 * news: a binary file is none, a text in an old encoding would be missed.
 */
export function decode(
  bytes: Buffer,
): { readonly text: string } | { readonly problem: string; readonly binary: boolean } {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : undefined;
  const looked = bytes.subarray(0, LOOKED_AT);
  if (utf16 === undefined && looked.includes(0)) {
    return looksLikeUtf16(looked)
      ? { problem: "is UTF-16 without a byte order mark (convert it, for instance with iconv)", binary: false }
      : { problem: "is binary", binary: true };
  }
  try {
    return { text: new TextDecoder(utf16 ?? "utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { problem: "is not UTF-8 text (convert it, for instance with iconv)", binary: false };
  }
}

/** True if every other byte is zero for the most part, as in texts of Latin letters, and none between. */
function looksLikeUtf16(bytes: Buffer): boolean {
  const zeros = [0, 0];
  for (const [i, byte] of bytes.entries()) if (byte === 0) zeros[i % 2]!++;
  return Math.min(...zeros) === 0 && Math.max(...zeros) > bytes.length / 4;
}
