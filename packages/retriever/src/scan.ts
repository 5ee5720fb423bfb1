import { instantiate, type KernelExports } from "@bge-js/core/adapter";
import { SCAN } from "./scan-bytes.js";

interface Kernel extends KernelExports {
  scan(codes: number, count: number, stride: number, query: number, scales: number, out: number): void;
}

/** Vectors that are scanned at once, in a tenth of a millisecond or so. */
export const PAGE = 2048;
/** Bytes of one kernel's memory: below what WebAssembly allows, 4 GiB. */
const BANK_BYTES = 2 ** 30;
const WASM_PAGE = 65_536;

/** The codes of vectors, in the memory of a WebAssembly kernel that multiplies them with a query. */
export interface Codes {
  /** Sets the codes of vector `at`, and the factor of its dot products. Vectors may be set in any order. */
  set(at: number, codes: Int8Array, scale: number): void;
  /** Calls with the codes of vector `at`: an array, and where in it they begin. */
  read<T>(at: number, body: (codes: Int8Array, from: number) => T): T;
  /**
   * Returns the dot products of a page's vectors with a query, which is rounded to int16, times their factors. A view that
   * the next call overwrites; that of vectors never set is 0.
   */
  scan(page: number, query: Int16Array): Float32Array;
}

export function createCodes(dimensions: number): Codes {
  const stride = Math.ceil(dimensions / 16) * 16;
  const pageBytes = PAGE * (stride + 4);
  const pagesOfBank = Math.max(1, Math.floor(BANK_BYTES / pageBytes));
  // A bank's memory: the query, the dot products, and the pages.
  const outAt = 2 * stride;
  const pagesAt = outAt + 4 * PAGE;
  const banks: Kernel[] = [];

  function placeOf(page: number): { readonly kernel: Kernel; readonly start: number } {
    return { kernel: banks[Math.floor(page / pagesOfBank)]!, start: pagesAt + (page % pagesOfBank) * pageBytes };
  }

  function grow(page: number): void {
    const bank = Math.floor(page / pagesOfBank);
    while (banks.length <= bank) banks.push(instantiate<Kernel>(SCAN, "with which vectors are compared"));
    const { kernel, start } = placeOf(page);
    const missing = start + pageBytes - kernel.memory.buffer.byteLength;
    if (missing > 0) kernel.memory.grow(Math.ceil(missing / WASM_PAGE));
  }

  function set(at: number, codes: Int8Array, scale: number): void {
    const page = Math.floor(at / PAGE);
    grow(page);
    const { kernel, start } = placeOf(page);
    const row = at % PAGE;
    new Int8Array(kernel.memory.buffer, start + row * stride, dimensions).set(codes);
    new Float32Array(kernel.memory.buffer, start + PAGE * stride, PAGE)[row] = scale;
  }

  function read<T>(at: number, body: (codes: Int8Array, from: number) => T): T {
    const { kernel, start } = placeOf(Math.floor(at / PAGE));
    return body(new Int8Array(kernel.memory.buffer), start + (at % PAGE) * stride);
  }

  function scan(page: number, query: Int16Array): Float32Array {
    const { kernel, start } = placeOf(page);
    new Int16Array(kernel.memory.buffer, 0, dimensions).set(query);
    kernel.scan(start, PAGE, stride, 0, start + PAGE * stride, outAt);
    return new Float32Array(kernel.memory.buffer, outAt, PAGE);
  }

  return { set, read, scan };
}
