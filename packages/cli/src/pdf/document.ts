import type { PdfPage } from "./messages.js";
import { type CharacterPlace, pageLines } from "./page-lines.js";
import type { Pdfium } from "./pdfium.js";

/** A document cannot be read, with the reason, as what follows its name. */
export class PdfProblem extends Error {}

const PROBLEMS: Readonly<Record<number, string>> = {
  3: "is damaged, or no PDF",
  4: "needs a password",
  5: "is encrypted in a way that cannot be read",
};
/** Types of objects on a page, and of annotations: typed text, and fields of forms. */
const [IMAGE, FORM] = [3, 5];
const [FREE_TEXT, WIDGET] = [3, 20];
const [FOR_DISPLAY, FLATTENED] = [0, 1];
/** A page whose fonts do not say what more of its characters are has no text that can be read. */
const MOST_UNKNOWN = 0.5;

/** An open document. */
export interface PdfDocument {
  readonly pages: number;
  /** Reads a page, from 1. */
  page(number: number): PdfPage;
  close(): void;
}

/**
 * Opens a document that lies in memory.
 * @throws PdfProblem
 */
export function openDocument(pdfium: Pdfium, bytes: Uint8Array): PdfDocument {
  const { malloc, free } = pdfium.wasmExports;
  const place = malloc(bytes.length);
  if (place === 0) throw new PdfProblem("is too large for the memory");
  pdfium.HEAPU8.set(bytes, place);
  const document = pdfium._FPDF_LoadMemDocument64(place, bytes.length, 0);
  if (document === 0) {
    free(place);
    throw new PdfProblem(PROBLEMS[pdfium._FPDF_GetLastError()] ?? "cannot be read as PDF");
  }
  return {
    pages: pdfium._FPDF_GetPageCount(document),
    page(number) {
      const page = loadPage(pdfium, document, number - 1);
      if (page === 0) return { lines: [], lacks: "damaged" };
      try {
        return readPage(pdfium, page);
      } finally {
        pdfium._FPDF_ClosePage(page);
      }
    },
    close() {
      pdfium._FPDF_CloseDocument(document);
      free(place);
    },
  };
}

/** Loads a page with what was written into the fields of a form. Returns 0 if it is damaged. */
function loadPage(pdfium: Pdfium, document: number, index: number): number {
  const page = pdfium._FPDF_LoadPage(document, index);
  if (page === 0 || !hasTypedText(pdfium, page)) return page;
  const isFlattened = pdfium._FPDFPage_Flatten(page, FOR_DISPLAY) === FLATTENED;
  if (!isFlattened) return page;
  pdfium._FPDF_ClosePage(page);
  return pdfium._FPDF_LoadPage(document, index);
}

function hasTypedText(pdfium: Pdfium, page: number): boolean {
  const count = pdfium._FPDFPage_GetAnnotCount(page);
  for (let i = 0; i < count; i++) {
    const annotation = pdfium._FPDFPage_GetAnnot(page, i);
    const type = annotation === 0 ? 0 : pdfium._FPDFAnnot_GetSubtype(annotation);
    if (annotation !== 0) pdfium._FPDFPage_CloseAnnot(annotation);
    if (type === FREE_TEXT || type === WIDGET) return true;
  }
  return false;
}

function readPage(pdfium: Pdfium, page: number): PdfPage {
  const text = pdfium._FPDFText_LoadPage(page);
  if (text === 0) return { lines: [], lacks: "damaged" };
  try {
    const count = pdfium._FPDFText_CountChars(text);
    let unknown = 0;
    for (let i = 0; i < count; i++) if (pdfium._FPDFText_HasUnicodeMapError(text, i) === 1) unknown++;
    if (unknown > count * MOST_UNKNOWN) return { lines: [], lacks: "letters" };
    const lines = count > 0 ? linesOf(pdfium, text, count) : [];
    return lines.length === 0 && hasPicture(pdfium, page) ? { lines, lacks: "picture" } : { lines };
  } finally {
    pdfium._FPDFText_ClosePage(text);
  }
}

function linesOf(pdfium: Pdfium, text: number, count: number): string[] {
  const { malloc, free } = pdfium.wasmExports;
  // A character may take two units, and there is a zero behind the last.
  const place = malloc(2 * (2 * count + 1));
  const numbers = malloc(4 * Float64Array.BYTES_PER_ELEMENT);
  try {
    const units = Math.max(0, pdfium._FPDFText_GetText(text, 0, count, place) - 1);
    const own = new TextDecoder("utf-16le").decode(pdfium.HEAPU8.slice(place, place + 2 * units));
    return pageLines(own, (index) => placeOf(pdfium, text, index, numbers));
  } finally {
    free(numbers);
    free(place);
  }
}

/** @param numbers room for four numbers */
function placeOf(pdfium: Pdfium, text: number, index: number, numbers: number): CharacterPlace | undefined {
  const character = pdfium._FPDFText_GetCharIndexFromTextIndex(text, index);
  if (character < 0 || !pdfium._FPDFText_GetLooseCharBox(text, character, numbers)) return undefined;
  const box = numbers / Float32Array.BYTES_PER_ELEMENT;
  const [left, top, right, bottom] = pdfium.HEAPF32.slice(box, box + 4);
  const y = numbers + Float64Array.BYTES_PER_ELEMENT;
  if (!pdfium._FPDFText_GetCharOrigin(text, character, numbers, y)) return undefined;
  return { left: left!, right: right!, y: pdfium.HEAPF64[y / Float64Array.BYTES_PER_ELEMENT]!, height: top! - bottom! };
}

function hasPicture(pdfium: Pdfium, page: number): boolean {
  const count = pdfium._FPDFPage_CountObjects(page);
  for (let i = 0; i < count; i++) {
    const type = pdfium._FPDFPageObj_GetType(pdfium._FPDFPage_GetObject(page, i));
    if (type === IMAGE || type === FORM) return true;
  }
  return false;
}
