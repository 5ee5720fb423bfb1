import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** Not `import`, for which Yarn's Plug'n'Play finds no packages in a thread. */
const require = createRequire(import.meta.url);
const { init } = require("@embedpdf/pdfium") as typeof import("@embedpdf/pdfium");

/** What TypeScript would take from the browser's types. */
declare const WebAssembly: {
  readonly Memory: { readonly prototype: WasmMemory };
};
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** PDFium's memory, and the functions that reading text takes. Handles and places in memory are numbers; 0 is none. */
export interface Pdfium {
  /** These three are other objects after each growth of the memory. */
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  readonly HEAPF32: Float32Array<ArrayBuffer>;
  readonly HEAPF64: Float64Array<ArrayBuffer>;
  readonly wasmExports: { malloc(bytes: number): number; free(place: number): void };
  _PDFiumExt_Init(): void;
  /** @param password 0 for none */
  _FPDF_LoadMemDocument64(place: number, bytes: number, password: number): number;
  _FPDF_GetLastError(): number;
  _FPDF_CloseDocument(document: number): void;
  _FPDF_GetPageCount(document: number): number;
  _FPDF_LoadPage(document: number, index: number): number;
  _FPDF_ClosePage(page: number): void;
  _FPDFPage_GetAnnotCount(page: number): number;
  _FPDFPage_GetAnnot(page: number, index: number): number;
  _FPDFPage_CloseAnnot(annotation: number): void;
  _FPDFAnnot_GetSubtype(annotation: number): number;
  /** Makes what annotations show a part of the page, as it is seen once it is loaded again. Returns 1 if there was something. */
  _FPDFPage_Flatten(page: number, usage: number): number;
  _FPDFPage_CountObjects(page: number): number;
  _FPDFPage_GetObject(page: number, index: number): number;
  _FPDFPageObj_GetType(object: number): number;
  _FPDFText_LoadPage(page: number): number;
  _FPDFText_ClosePage(text: number): void;
  _FPDFText_CountChars(text: number): number;
  /** Writes UTF-16 with a zero behind it, and returns how many units. */
  _FPDFText_GetText(text: number, start: number, count: number, place: number): number;
  _FPDFText_GetCharIndexFromTextIndex(text: number, index: number): number;
  /** Writes x and y, two doubles. Returns 0 if there is no such character, as does the next. */
  _FPDFText_GetCharOrigin(text: number, index: number, x: number, y: number): number;
  /** Writes left, top, right and bottom, four floats, of the room that the character takes in its line. */
  _FPDFText_GetLooseCharBox(text: number, index: number, place: number): number;
  _FPDFText_HasUnicodeMapError(text: number, index: number): number;
}

export interface OpenPdfium {
  readonly pdfium: Pdfium;
  /** True once memory that was needed was refused: PDFium then ends as it does when a machine has no more. */
  readonly wasRefused: () => boolean;
}

/** Starts PDFium in this thread, which it has for itself: the limit holds for all WebAssembly in it. */
export async function openPdfium(memoryBytes: number): Promise<OpenPdfium> {
  let refused = false;
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (this: WasmMemory, pages) {
    if (this.buffer.byteLength + pages * WASM_PAGE_BYTES > memoryBytes) {
      refused = true;
      throw new RangeError("no more memory is allowed");
    }
    // A first try asks for more than is needed.
    refused = false;
    return grow.call(this, pages);
  };
  const wasmBinary = await readFile(require.resolve("@embedpdf/pdfium/pdfium.wasm"));
  const silent = () => {};
  // Its own wrappers of the functions look each one up again at every call.
  const { pdfium } = (await init({ wasmBinary, print: silent, printErr: silent } as never)) as unknown as {
    pdfium: Pdfium;
  };
  pdfium._PDFiumExt_Init();
  return { pdfium, wasRefused: () => refused };
}

const WASM_PAGE_BYTES = 65_536;
