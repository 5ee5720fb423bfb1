import { instantiate, type KernelExports } from "@bge-js/core/adapter";
import { SCAN } from "./scan-bytes.js";

interface Kernel extends KernelExports {
  scan(codes: number, count: number, stride: number, query: number, scales: number, out: number): void;
}

/** A kernel, and views of its memory: for each vector anew, they would be most of an index's time to open. */
interface Bank {
  readonly kernel: Kernel;
  bytes: Int8Array;
  floats: Float32Array;
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
  const banks: Bank[] = [];

  function startOf(page: number): number {
    return pagesAt + (page % pagesOfBank) * pageBytes;
  }

  function bankOf(page: number): Bank {
    return banks[Math.floor(page / pagesOfBank)]!;
  }

  function grow(page: number): void {
    while (banks.length <= Math.floor(page / pagesOfBank)) banks.push(openBank());
    const bank = bankOf(page);
    const { memory } = bank.kernel;
    const missing = startOf(page) + pageBytes - bank.bytes.length;
    if (missing <= 0) return;
    memory.grow(Math.ceil(missing / WASM_PAGE));
    Object.assign(bank, viewsOf(memory));
  }

  function set(at: number, codes: Int8Array, scale: number): void {
    const page = Math.floor(at / PAGE);
    grow(page);
    const { bytes, floats } = bankOf(page);
    const start = startOf(page);
    const row = at % PAGE;
    bytes.set(codes, start + row * stride);
    floats[(start + PAGE * stride) / 4 + row] = scale;
  }

  function read<T>(at: number, body: (codes: Int8Array, from: number) => T): T {
    const page = Math.floor(at / PAGE);
    return body(bankOf(page).bytes, startOf(page) + (at % PAGE) * stride);
  }

  function scan(page: number, query: Int16Array): Float32Array {
    const { kernel } = bankOf(page);
    const start = startOf(page);
    new Int16Array(kernel.memory.buffer, 0, dimensions).set(query);
    kernel.scan(start, PAGE, stride, 0, start + PAGE * stride, outAt);
    return new Float32Array(kernel.memory.buffer, outAt, PAGE);
  }

  return { set, read, scan };
}

function openBank(): Bank {
  const kernel = instantiate<Kernel>(SCAN, "with which vectors are compared");
  return { kernel, ...viewsOf(kernel.memory) };
}

function viewsOf({ buffer }: KernelExports["memory"]): Pick<Bank, "bytes" | "floats"> {
  return { bytes: new Int8Array(buffer), floats: new Float32Array(buffer) };
}
