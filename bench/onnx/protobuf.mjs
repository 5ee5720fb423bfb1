// As much of protocol buffers as an ONNX file needs. A message is a list of byte chunks, so that weights are never copied.

const VARINT = 0;
const BYTES = 2;

/** A whole number, `undefined` and 0 included. */
export function integer(field, value) {
  return [varint((field << 3) | VARINT), varint(value)];
}

export function float(field, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return [varint((field << 3) | 5), bytes];
}

export function string(field, text) {
  return message(field, [Buffer.from(text)]);
}

/** A nested message, or bytes. */
export function message(field, ...parts) {
  const chunks = parts.flat(Number.POSITIVE_INFINITY);
  const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  return [varint((field << 3) | BYTES), varint(size), ...chunks];
}

/** Seven bits a byte, the lowest first; negative numbers as 64-bit two's complement. */
function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}
