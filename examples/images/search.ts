import { basename, join } from "node:path";
import { loadMultimodalEmbedder } from "@bge-js/core/multimodal";
import { loadMultimodalRetriever } from "@bge-js/retriever/multimodal";
import { DemoError } from "../demo/errors.js";
import { createProgress } from "../demo/progress.js";
import { createReport, grouped, printable, type Report } from "../demo/report.js";
import type { Arguments } from "./arguments.js";
import { indexPictures } from "./index-pictures.js";
import { findPictures, type LeftOut } from "./pictures.js";
import { writePage } from "./write-page.js";

/** Runs the whole program: loads the model, indexes the folder, looks for the words, and writes the page. */
export async function searchPictures(given: Arguments, signal: AbortSignal): Promise<void> {
  const report = createReport(process.stdout);
  const { pictures, leftOut: others } = await findPictures(given.folder, signal);
  const started = performance.now();
  await using embedder = await loadMultimodalEmbedder(given.model, { signal });
  const loaded = performance.now();
  const { spec, source, dimensions } = embedder;
  report.stage("load", loaded - started, `${spec.id} ${source.dtype}, ${dimensions} dimensions`);

  // Vectors of other weights are of no use.
  const directory = join(given.index, `pictures-${source.fingerprint}`);
  const candidates = { dense: Math.max(given.top, 100) };
  await using retriever = await loadMultimodalRetriever({ embedder, directory, candidates });
  const progress = createProgress(pictures.length, process.stderr, "pictures");
  const indexed = await indexPictures(pictures, retriever, progress, signal);
  const indexMs = performance.now() - loaded;
  const { embedded, kept: known, removed } = indexed.counts;
  const rate = embedded === 0 ? "" : `, ${(embedded / (indexMs / 1000)).toFixed(1)} pictures/s`;
  report.stage(
    "index",
    indexMs,
    `${grouped(embedded)} embedded, ${grouped(known)} kept, ${grouped(removed)} removed${rate}`,
  );
  const leftOut = [...others, ...indexed.unreadable.map(inShort)];
  sayLeftOut(report, leftOut);
  if (indexed.pictures.length === 0) throw new DemoError(`no picture in ${given.folder} can be read`);

  const asked = performance.now();
  const { words, like } = given;
  const { results } = await retriever.search(
    { ...(words !== undefined && { text: words }), ...(like !== undefined && { image: like }) },
    { stages: ["dense"], topN: given.top, signal },
  );
  // Files with the same content are one document.
  const filesOf = (id: string) => indexed.pictures.filter(({ hash }) => hash === id);
  const found = results
    .flatMap(({ id, scores }) => filesOf(id).map((picture) => ({ ...picture, score: scores.dense! })))
    .slice(0, given.top);
  report.stage("search", performance.now() - asked, `the best ${found.length} of ${grouped(indexed.pictures.length)}`);

  const question = [like === undefined ? [] : `like ${basename(like)}`, words ?? []].flat().join(": ");
  report.line(`\n? ${printable(question)}`);
  for (const [i, { name, score }] of found.entries())
    report.line(`  ${i + 1}. ${printable(name)}  score ${score.toFixed(3)}`);
  const page = await writePage(
    given.index,
    {
      words,
      like: like === undefined ? undefined : { name: basename(like), path: like },
      folder: given.folder,
      searched: indexed.pictures.length,
      model: `${spec.id} ${source.dtype}`,
      found,
      leftOut,
    },
    signal,
  );
  report.line(`\nContact sheet: ${page}`);
}

/** Drops from an error what is clear here, and advice that is for programs. */
function inShort({ name, reason }: LeftOut): LeftOut {
  return { name, reason: reason.replace(/^The image cannot be used: /, "").replace(/ Decode it yourself .*$/, "") };
}

/** As many are named in the terminal; the page has all. */
const MOST_NAMED = 20;

function sayLeftOut(report: Report, leftOut: readonly LeftOut[]): void {
  for (const { name, reason } of leftOut.slice(0, MOST_NAMED))
    report.line(`  left out: ${printable(name)}: ${printable(reason)}`);
  if (leftOut.length > MOST_NAMED)
    report.line(`  left out: ${grouped(leftOut.length - MOST_NAMED)} more, which the page names`);
}
