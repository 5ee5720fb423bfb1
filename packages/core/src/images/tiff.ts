/** What the samples of a TIFF file's first picture stand for, as its tag says: 0 for grey whose zero is white, 1 for grey, 2 for RGB, 3 for a palette. */
export function photometricOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] === LITTLE;
  try {
    const big = view.getUint16(2, little) === BIG_TIFF;
    const offset = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
    const start = offset(big ? 8 : 4);
    const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
    const [first, size, value] = big ? [start + 8, 20, 12] : [start + 2, 12, 8];
    for (let at = first; at < first + count * size; at += size) {
      if (view.getUint16(at, little) === PHOTOMETRIC) return view.getUint16(at + value, little);
    }
  } catch {
    // An address outside of the file, which the decoder refuses.
  }
  return undefined;
}

export const WHITE_IS_ZERO = 0;
export const PALETTE = 3;

/** Of `II`, against `MM`. */
const LITTLE = 0x49;
const BIG_TIFF = 43;
const PHOTOMETRIC = 262;
