import { parentPort, workerData } from "node:worker_threads";
import { grouped, bytes as shownBytes } from "../format.js";
import { openDocument, PdfProblem } from "./document.js";
import type { PdfAnswer, PdfLimits, PdfRequest } from "./messages.js";
import { openPdfium, type Pdfium } from "./pdfium.js";

/** The thread in which PDFs are read: one request at a time. */
const limits = workerData as PdfLimits;
// Awaited by requests, not here: Deno loses what arrives before there is a listener.
const opening = openPdfium(limits.memoryBytes);
const answer = (message: PdfAnswer) => parentPort!.postMessage(message);

parentPort!.on("message", async (request: PdfRequest) => {
  const { pdfium, wasRefused } = await opening;
  const problem = problemIn(pdfium, request);
  // Without the memory that it asked for, PDFium may have left something out.
  if (wasRefused()) answer({ problem: `needs more than ${shownBytes(limits.memoryBytes)} of memory` });
  else answer(problem === undefined ? { end: true } : { problem });
});

function problemIn(pdfium: Pdfium, request: PdfRequest): string | undefined {
  try {
    read(pdfium, request);
    return undefined;
  } catch (error) {
    return error instanceof PdfProblem ? error.message : `cannot be read as PDF (${(error as Error).message})`;
  }
}

/** On a problem nothing is closed: the thread is given up, and its memory with it. */
function read(pdfium: Pdfium, { bytes, from, to }: PdfRequest): void {
  const document = openDocument(pdfium, bytes);
  if (document.pages > limits.pages) throw new PdfProblem(`has more than ${grouped(limits.pages)} pages`);
  let characters = 0;
  for (let number = from; number <= Math.min(to, document.pages); number++) {
    const page = document.page(number);
    for (const { length } of page.lines) characters += length + 1;
    if (characters > limits.characters) throw new PdfProblem(`has more than ${grouped(limits.characters)} characters`);
    answer({ page });
  }
  document.close();
}
