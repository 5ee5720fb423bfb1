import { type Embedder, loadEmbedder, loadReranker } from "@bge-js/core";
import type { Arguments } from "./arguments.js";
import { askOnTerminal } from "./ask.js";
import type { SourceText } from "./documents.js";
import { UsageError } from "./errors.js";
import type { Answer } from "./framework.js";
import { createIndex, type Indexed } from "./index-texts.js";
import { createProgress } from "./progress.js";
import { connectQdrant } from "./qdrant.js";
import { NODE_QUESTIONS } from "./questions.js";
import { createReport, grouped, type Report } from "./report.js";

/** Runs the whole program: loads, reads and indexes, then retrieves and reranks for each question. */
export async function runDemo(given: Arguments, signal: AbortSignal): Promise<void> {
  const questions = questionsOf(given, signal);
  const report = createReport(process.stdout);
  const readTexts = await openSource(given.docs);
  const client = given.qdrant === undefined ? undefined : await connectQdrant(given.qdrant);

  const started = performance.now();
  let cut = 0;
  const onTruncate = (): void => {
    cut++;
  };
  await using embedder = await loadEmbedder(given.model, { truncation: "silent", onTruncate });
  await using reranker = await loadReranker(given.model, { truncation: "silent" }); // the same texts: truncation is already counted
  const loaded = performance.now();
  report.stage("load", loaded - started, `${embedder.spec.id} ${embedder.source.dtype}, reranker: ${reranker.kind}`);

  const texts = await readTexts(embedder, signal);
  const read = performance.now();
  report.stage(
    "read",
    read - loaded,
    `${grouped(texts.length)} texts from ${given.docs ?? "the declarations in @types/node"}`,
  );

  const progress = createProgress(texts.length, process.stderr);
  const models = { embedder, reranker, signal };
  const { index, counts } = await createIndex(texts, { ...given, client }, models, progress);
  const indexMs = performance.now() - read;
  report.stage("index", indexMs, describeCounts(counts, indexMs, cut, embedder.maxTokens));

  const answers: Answer[] = [];
  for await (const question of questions) {
    const answer = await index.search(question);
    signal.throwIfAborted();
    report.answer(question, answer);
    answers.push(answer);
  }
  reportMeans(report, answers, texts.length);
}

type ReadTexts = (embedder: Embedder, signal: AbortSignal) => Promise<SourceText[]>;

/**
 * Returns the source of the texts. Fails before a model is loaded if the folder cannot be read. Imports only the parser
 * that is needed, because they are large.
 */
async function openSource(docs: string | undefined): Promise<ReadTexts> {
  if (docs === undefined) {
    const { readNodeApiDocs } = await import("./node-api-docs.js");
    return async () => readNodeApiDocs();
  }
  const { findFiles, readChunks } = await import("./folder-docs.js");
  const files = await findFiles(docs);
  return (embedder, signal) => readChunks(docs, files, embedder, signal);
}

function questionsOf({ questions, docs }: Arguments, signal: AbortSignal): Iterable<string> | AsyncIterable<string> {
  if (questions.length > 0) return questions;
  if (docs === undefined) return NODE_QUESTIONS;
  if (process.stdin.isTTY) return askOnTerminal(signal);
  throw new UsageError("--docs needs a question; it can be asked later only on a terminal");
}

function describeCounts(
  { embedded, kept, removed }: Indexed["counts"],
  ms: number,
  cut: number,
  maxTokens: number,
): string {
  const parts = [`${grouped(embedded)} embedded`, `${grouped(kept)} kept`, `${grouped(removed)} removed`];
  if (embedded > 0) parts.push(`${grouped(embedded / (ms / 1000))} texts/s`);
  if (cut > 0) parts.push(`${grouped(cut)} cut to ${maxTokens} tokens`);
  return parts.join(", ");
}

function reportMeans(report: Report, answers: readonly Answer[], texts: number): void {
  if (answers.length === 0) return;
  const mean = (of: (answer: Answer) => number): number =>
    answers.reduce((sum, answer) => sum + of(answer), 0) / answers.length;
  const candidates = Math.max(...answers.map((answer) => answer.candidates));
  const hits = Math.max(...answers.map((answer) => answer.hits.length));
  report.line("");
  report.stage(
    "retrieve",
    mean(({ retrieveMs }) => retrieveMs),
    `a question: the best ${candidates} of ${grouped(texts)}`,
  );
  report.stage(
    "rerank",
    mean(({ rerankMs }) => rerankMs),
    `a question: ${candidates} to ${hits}`,
  );
}
