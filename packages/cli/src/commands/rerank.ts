import {
  BgeError,
  loadReranker,
  type Reranker,
  type RerankerOptions,
  type RerankOptions,
  type TruncationReport,
} from "@bge-js/core";
import type { Context } from "../context.js";
import { EXIT, UsageError } from "../exit.js";
import { inOrder } from "../lines/in-order.js";
import { readLines } from "../lines/read-lines.js";
import {
  hasLongNumber,
  isObject,
  type LineFormat,
  parsed,
  type TextRecord,
  TOO_MANY_DIGITS,
  toRecord,
  withMore,
} from "../lines/records.js";
import { type ModelFlags, toLoadOptions } from "../model-flags.js";
import { createProblems, type Problems } from "../problems.js";
import { problemOf } from "../told.js";

export interface RerankFlags extends ModelFlags, LineFormat {
  /** Each line of input is a document for this query. Without it, each line has a query and its documents. */
  readonly query?: string;
  readonly top?: number;
  readonly threshold?: number;
  readonly scale?: "logit" | "sigmoid" | "fused";
}

/** Requests under way at the same time: enough for the workers to have the next one at hand. */
const AT_ONCE = 4;

/** Reranks the lines of the files. Returns the exit code. */
export async function rerank(files: readonly string[], flags: RerankFlags, context: Context): Promise<number> {
  if (flags.text && flags.query === undefined) throw new UsageError("--text needs the query: --query TEXT");
  if (flags.query?.trim() === "") throw new UsageError("--query is empty");
  const failed = createProblems(context, "line", "failed");
  const cut = createProblems(context, "input", "cut");
  const { scale } = flags;
  const options: RerankerOptions = {
    ...toLoadOptions(flags, context),
    onTruncate({ inputType, index, tokens, kept }: TruncationReport) {
      cut.add(
        `${inputType === "query" ? "a query" : `document ${index}`} has ${tokens} tokens, of which ${kept} were read`,
      );
    },
    ...(scale && { scale }),
  };
  await using reranker = await loadReranker(flags.model, options);
  if (flags.query === undefined) await rerankRequests(reranker, files, flags, failed, context);
  else await rerankDocuments(reranker, flags.query, files, flags, failed, context);
  cut.close();
  failed.close();
  return failed.count > 0 ? EXIT.partly : EXIT.ok;
}

/** Each line is a document for one query: all are read, then written best first, with their scores. */
async function rerankDocuments(
  reranker: Reranker,
  query: string,
  files: readonly string[],
  flags: RerankFlags,
  failed: Problems,
  { signal, print }: Context,
): Promise<void> {
  const records: TextRecord[] = [];
  for await (const line of readLines(files)) {
    signal.throwIfAborted();
    const record = toRecord(line, flags, ["score"]);
    if ("problem" in record) failed.add(record.problem);
    else if (record.text.isWellFormed()) records.push(record);
    else failed.add(`${record.at} has half of a character (a lone surrogate)`);
  }
  const ranked = await reranker.rerank(
    query,
    records.map(({ text }) => text),
    rerankOptions(flags, signal),
  );
  for (const { index, score } of ranked) {
    const record = records[index]!;
    await print(flags.text ? `${score.toFixed(4)}\t${record.text}\n` : `${withMore(record, { score })}\n`);
  }
}

interface Request {
  readonly at: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly query: string;
  readonly documents: readonly unknown[];
  readonly texts: readonly string[];
}

/** Each line is a query with its documents: the answers are written in the order of the lines. */
async function rerankRequests(
  reranker: Reranker,
  files: readonly string[],
  flags: RerankFlags,
  failed: Problems,
  { signal, print }: Context,
): Promise<void> {
  async function* requests() {
    for await (const line of readLines(files)) {
      const request = "problem" in line ? `${line.at} ${line.problem}` : toRequest(line.at, line.text, flags.field);
      if (typeof request === "string") failed.add(request);
      else yield request;
    }
  }
  const answer = async ({ at, query, documents, texts, fields }: Request) => {
    try {
      const ranked = await reranker.rerank(query, texts, rerankOptions(flags, signal));
      const results = ranked.map(({ index, score }) => ({ index, score, document: documents[index] }));
      const { documents: _, ...rest } = fields;
      return `${JSON.stringify({ ...rest, results })}\n`;
    } catch (error) {
      if (!(error instanceof BgeError)) throw error;
      failed.add(`${at}: ${problemOf(error)}`);
      return "";
    }
  };
  for await (const text of inOrder(requests(), AT_ONCE, answer)) if (text !== "") await print(text);
}

/** Returns a line's query and documents, or what is wrong with it. */
function toRequest(at: string, line: string, field: string): Request | string {
  const fields = parsed(line);
  if (fields === undefined) return `${at} is not JSON (for plain text lines, give the query as --query)`;
  if (!isObject(fields)) return `${at} must be a JSON object with "query" and "documents"`;
  if (hasLongNumber(line)) return `${at} ${TOO_MANY_DIGITS}`;
  const { query, documents } = fields;
  if (typeof query !== "string") return `${at} has no string "query"`;
  if (query.trim() === "") return `${at} has an empty "query"`;
  if (!Array.isArray(documents)) return `${at} has no array "documents"`;
  const texts = documents.map((document: unknown) => (isObject(document) ? document[field] : document));
  const bad = texts.findIndex((text) => typeof text !== "string");
  if (bad !== -1)
    return `${at}: document ${bad} is neither a string nor an object with a string ${JSON.stringify(field)}`;
  return { at, fields, query, documents, texts: texts as string[] };
}

function rerankOptions({ top, threshold }: RerankFlags, signal: AbortSignal): RerankOptions {
  return { signal, ...(top !== undefined && { topN: top }), ...(threshold !== undefined && { threshold }) };
}
