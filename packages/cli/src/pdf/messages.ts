/** What the thread is asked for. Pages are numbered from 1. */
export interface PdfRequest {
  /** The file; its memory goes to the thread. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: number;
  /** The last page; the last of the document if that is before. */
  readonly to: number;
}

/** A page as it is read. */
export interface PdfPage {
  /** Its lines in reading order, with a blank one between paragraphs. Empty if it shows no text. */
  readonly lines: readonly string[];
  /** Why text that the page shows may be missing. */
  readonly lacks?: "picture" | "letters" | "damaged";
}

/** What the thread answers: pages in order, then the end or a problem. */
export type PdfAnswer = { readonly page: PdfPage } | { readonly end: true } | { readonly problem: string };

/** Set when a thread starts. */
export interface PdfLimits {
  /** Bytes that PDFium may take, the file among them. */
  readonly memoryBytes: number;
  /** Milliseconds for a request. */
  readonly ms: number;
  /** Milliseconds without work after which a thread is ended, with all its memory. */
  readonly idleMs: number;
  readonly pages: number;
  /** UTF-16 units. */
  readonly characters: number;
}
