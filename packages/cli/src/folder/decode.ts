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
  if (utf16 === undefined && bytes.subarray(0, LOOKED_AT).includes(0)) return { problem: "is binary", binary: true };
  try {
    return { text: new TextDecoder(utf16 ?? "utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { problem: "is not UTF-8 text (convert it, for instance with iconv)", binary: false };
  }
}
