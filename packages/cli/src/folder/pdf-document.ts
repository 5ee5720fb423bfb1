import type { PdfPage } from "../pdf/messages.js";
import { LatePdf, type PdfReader, UnreadablePdf } from "../pdf/reader.js";
import { pageList } from "./pages.js";
import type { ReadDocument, Unreadable } from "./source.js";

/** Why a document of which no page can be read has no text. */
const NO_TEXT = {
  picture: "has no text: its pages are pictures (OCR makes it readable, for instance ocrmypdf)",
  letters: "has no text: its fonts do not say which letters they show (OCR makes it readable, for instance ocrmypdf)",
  damaged: "is damaged: none of its pages can be read",
};

/** Reads a PDF. Lines are counted over all pages, and no passage goes from one to the next. */
export async function readPdf(bytes: Buffer, pdf: PdfReader, signal: AbortSignal): Promise<ReadDocument | Unreadable> {
  let pages: PdfPage[];
  try {
    pages = await pdf.read(bytes, undefined, signal);
  } catch (error) {
    if (error instanceof UnreadablePdf) return { problem: error.message, isLate: error instanceof LatePdf };
    throw error;
  }
  const lacks = pages.find((page) => page.lacks !== undefined)?.lacks;
  if (lacks !== undefined && pages.every(({ lines }) => lines.length === 0)) return { problem: NO_TEXT[lacks] };
  const lost = pages.flatMap((page, index) => (page.lacks === undefined ? [] : [index + 1]));
  return {
    ...toSources(pages),
    ...(lost.length > 0 && { lacks: `no text could be read on ${pageList(lost)}` }),
  };
}

function toSources(pages: readonly PdfPage[]): Required<Pick<ReadDocument, "sources" | "pages">> {
  let line = 1;
  const sources = pages.map(({ lines }) => {
    const source = { text: lines.join("\n"), format: "text", firstLine: line } as const;
    line += lines.length;
    return source;
  });
  return {
    sources: sources.filter(({ text }) => text !== ""),
    pages: [...sources.map(({ firstLine }) => firstLine), line],
  };
}
