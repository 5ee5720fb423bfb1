/** GPT-2's printable character for each byte: the byte itself if printable, otherwise one from U+0100 on. */
const CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  const printable = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();
const CODES = Uint16Array.from(CHARACTERS, (character) => character.charCodeAt(0));
const BYTES: ReadonlyMap<string, number> = new Map(CHARACTERS.map((character, byte) => [character, byte]));
/** Bytes up to which strings are concatenated: each concatenation takes 32 bytes of memory. */
const SHORT = 1000;
const PLAIN = /^[!-~]*$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** ByteLevel: returns a word as the characters of its bytes. */
export function toByteCharacters(word: string): string {
  if (PLAIN.test(word)) return word;
  const bytes = encoder.encode(word);
  if (bytes.length > SHORT)
    return Buffer.from(Uint16Array.from(bytes, (byte) => CODES[byte]!).buffer).toString("utf16le");
  let result = "";
  for (const byte of bytes) result += CHARACTERS[byte];
  return result;
}

/** Returns the text of tokens made of byte characters. A token with any other character stands for itself. */
export function fromByteCharacters(tokens: readonly string[]): string {
  const bytes = tokens.flatMap((token) => {
    const own = Array.from(token, (character) => BYTES.get(character));
    return own.includes(undefined) ? [...encoder.encode(token)] : (own as number[]);
  });
  return decoder.decode(Uint8Array.from(bytes));
}
