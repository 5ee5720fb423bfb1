import type { PdfReader } from "../pdf/reader.js";
import { decode } from "./decode.js";
import type { Kind } from "./kinds.js";
import type { ReadDocument, Unreadable } from "./source.js";

/** Reads a document. What reads HTML and PDF is loaded for the first of them. */
export async function readDocument(
  kind: Kind,
  bytes: Buffer,
  pdf: PdfReader,
  signal: AbortSignal,
): Promise<ReadDocument | Unreadable> {
  if (kind === "pdf") return (await import("./pdf-document.js")).readPdf(bytes, pdf, signal);
  const decoded = decode(bytes);
  if ("problem" in decoded) return decoded.binary ? { binary: true } : { problem: decoded.problem };
  const { text } = decoded;
  if (kind === "html") return { sources: [(await import("./html-source.js")).htmlSource(text)] };
  return { sources: [{ text, format: kind }] };
}
