import { join } from "node:path";
import { type Embedder, loadEmbedder, loadReranker } from "@bge-js/core";
import type { Arguments } from "./arguments.js";
import { askOnTerminal } from "./ask.js";
import type { SourceText } from "./documents.js";
import { UsageError } from "./errors.js";
import type { Answer, SearchIndex } from "./framework.js";
import { type Indexed, type IndexOptions, indexName } from "./index-texts.js";
import { createProgress, type Progress } from "./progress.js";
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
  const loaded = performance.now();
  report.stage("load", loaded - started, `${embedder.spec.id} ${embedder.source.dtype}`);

  const texts = await readTexts(embedder, signal);
  const read = performance.now();
  report.stage(
    "read",
    read - loaded,
    `${grouped(texts.length)} texts from ${given.docs ?? "the declarations in @types/node"}`,
  );

  const progress = createProgress(texts.length, process.stderr);
  await using index = await openIndex(texts, { ...given, client }, embedder, signal, progress);
  const indexMs = performance.now() - read;
  report.stage("index", indexMs, describeCounts(index.counts, indexMs, cut, embedder.maxTokens));
  if (index.directory !== undefined) report.line(`${" ".repeat(21)}kept in ${index.directory}`);

  const answers: Answer[] = [];
  let first: string | undefined;
  for await (const question of questions) {
    const answer = await index.search(question);
    signal.throwIfAborted();
    report.answer(question, answer);
    answers.push(answer);
    first ??= question;
  }
  reportMeans(report, answers, texts.length);
  if (first !== undefined && index.candidatesOf !== undefined) {
    const candidates = await index.candidatesOf(first);
    const ms = await readAnew(given.model, first, candidates, signal);
    report.stage("anew", ms, `to rerank ${candidates.length} for the first question, had nothing been kept of them`);
  }
}

interface OpenIndex extends Pick<SearchIndex, "search">, AsyncDisposable {
  readonly counts: Indexed["counts"];
  /** Where it is kept. */
  readonly directory: string | undefined;
  candidatesOf?(question: string): Promise<string[]>;
}

/** Opens this project's index, or that of a framework. Each is imported only if requested, because they are large. */
async function openIndex(
  texts: readonly SourceText[],
  options: IndexOptions & Pick<Arguments, "model">,
  embedder: Embedder,
  signal: AbortSignal,
  progress: Progress,
): Promise<OpenIndex> {
  const { docs, framework, index: folder, model } = options;
  if (framework === undefined) {
    const { openKeptIndex } = await import("./retriever.js");
    return openKeptIndex(texts, join(folder!, indexName(docs, embedder)), embedder, signal, progress); // it has a default
  }
  const reranker = await loadReranker(model, { truncation: "silent" }); // the same texts: truncation is already counted
  const { createIndex } = await import("./index-texts.js");
  const { index, counts } = await createIndex(
    texts,
    { ...options, framework },
    { embedder, reranker, signal },
    progress,
  );
  return { search: index.search, counts, directory: folder, [Symbol.asyncDispose]: () => reranker.dispose() };
}

/** Returns the milliseconds that a reranker takes which has seen none of these texts. */
async function readAnew(
  model: string | undefined,
  question: string,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  await using reranker = await loadReranker(model, { truncation: "silent" });
  await reranker.score(question, [question], { signal }); // starts its workers
  const start = performance.now();
  await reranker.score(question, texts, { signal });
  return performance.now() - start;
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
