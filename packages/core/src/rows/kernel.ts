import { instantiate, type KernelExports, places, upTo } from "../webassembly.js";
import { GROUP, packedBytes } from "./codes.js";
import { KERNEL } from "./kernel-bytes.js";

/** Dot products; that of row `r` and column `c` is `values[r * stride + c]`. A view of memory that the next call overwrites. */
export interface Products<Values> {
  readonly values: Values;
  readonly stride: number;
}

interface Kernel extends KernelExports {
  dotFloats(a: number, rows: number, b: number, columns: number, stride: number, out: number): void;
  dotCodes(codes: number, rows: number, bytes: number, b: number, columns: number, scratch: number, out: number): void;
}

let loaded: Kernel | undefined;

/** Returns this thread's kernel, created on first use. @throws BgeError `UNSUPPORTED_PLATFORM` in a process without WebAssembly */
function kernel(): Kernel {
  loaded ??= instantiate<Kernel>(KERNEL, "with which token rows are compared");
  return loaded;
}

/** Multiplies every row of `a` with every row of `b`. Rows are `dimensions` wide and need not be normalised. */
export function floatProducts(a: Float32Array, b: Float32Array, dimensions: number): Products<Float32Array> {
  const rows = a.length / dimensions;
  const columns = b.length / dimensions;
  const width = upTo(dimensions, 4);
  const [paddedRows, stride] = [upTo(rows, 2), upTo(columns, 4)];
  const [atA, atB, out] = places(kernel(), 4 * width * paddedRows, 4 * width * stride, 4 * paddedRows * stride);
  const { memory, dotFloats } = kernel();
  put(a, rows, dimensions, new Float32Array(memory.buffer, atA, width * rows));
  put(b, columns, dimensions, new Float32Array(memory.buffer, atB, width * columns));
  dotFloats(atA!, paddedRows, atB!, stride, 4 * width, out!);
  return { values: new Float32Array(memory.buffer, out, rows * stride), stride };
}

/**
 * Multiplies every row of codes with every row of `b`, exactly.
 *
 * @param codes of two bits each, `packedBytes(dimensions)` bytes a row: see `writeCodes`
 * @param b rows of `dimensions` numbers up to 32,767, 4096 at most: so no sum leaves int32
 */
export function codeProducts(codes: Uint8Array, b: Int16Array, dimensions: number): Products<Int32Array> {
  const bytes = packedBytes(dimensions);
  const rows = codes.length / bytes;
  const columns = b.length / dimensions;
  const width = upTo(dimensions, GROUP);
  const [paddedRows, stride] = [upTo(rows, 2), upTo(columns, 4)];
  const [atCodes, atB, scratch, out] = places(
    kernel(),
    paddedRows * bytes,
    2 * width * stride,
    4 * width,
    4 * paddedRows * stride,
  );
  const { memory, dotCodes } = kernel();
  new Uint8Array(memory.buffer, atCodes, codes.length).set(codes);
  put(b, columns, dimensions, new Int16Array(memory.buffer, atB, width * columns));
  dotCodes(atCodes!, paddedRows, bytes, atB!, stride, scratch!, out!);
  return { values: new Int32Array(memory.buffer, out, rows * stride), stride };
}

/** Copies rows of `dimensions` numbers into wider, zero-padded ones. */
function put<Values extends Float32Array | Int16Array>(
  from: Values,
  rows: number,
  dimensions: number,
  to: Values,
): void {
  const width = rows === 0 ? dimensions : to.length / rows;
  if (width === dimensions) {
    to.set(from);
    return;
  }
  to.fill(0);
  for (let row = 0; row < rows; row++) {
    to.set(from.subarray(row * dimensions, (row + 1) * dimensions), row * width);
  }
}
