import { parentPort, workerData } from "node:worker_threads";
import { grouped, bytes as shownBytes } from "../format.js";
import { openDocument, PdfProblem } from "./document.js";
import type { PdfAnswer, PdfLimits, PdfRequest } from "./messages.js";
import { openPdfium } from "./pdfium.js";

/** The thread in which PDFs are read: one request at a time. */
const limits = workerData as PdfLimits;
const { pdfium, wasRefused } = await openPdfium(limits.memoryBytes);
const answer = (message: PdfAnswer) => parentPort!.postMessage(message);

parentPort!.on("message", (request: PdfRequest) => {
  try {
    read(request);
    answer({ end: true });
  } catch (error) {
    if (wasRefused()) answer({ problem: `needs more than ${shownBytes(limits.memoryBytes)} of memory` });
    else if (error instanceof PdfProblem) answer({ problem: error.message });
    else answer({ problem: `cannot be read as PDF (${(error as Error).message})` });
  }
});

/** On a problem nothing is closed: the thread is given up, and its memory with it. */
function read({ bytes, from, to }: PdfRequest): void {
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
