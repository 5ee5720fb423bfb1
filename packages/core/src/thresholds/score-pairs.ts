import type { Embedder } from "../api/embedder.js";
import { BgeError, invalid, listed } from "../api/errors.js";
import type { CallOptions, InputType } from "../api/options.js";
import type { Reranker } from "../api/reranker.js";
import type { LabelledPair, ScoredPair, ScorePairsOptions } from "../api/thresholds.js";
import { type Checks, checkOptions, isFiniteNumber, isFlag, isSignal } from "../checks.js";
import { similarity } from "../similarity.js";
import { checkTexts } from "../text/input.js";

const OPTIONS: Checks<ScorePairsOptions> = { signal: isSignal, deadlineMs: isFiniteNumber, symmetric: isFlag };
/** Queries that a reranker works on at a time. */
const QUERIES_AHEAD = 8;

/**
 * Scores pairs of texts for `calibrate`: by the cosine of an embedder's vectors, or by a reranker, in its `scale`. Each text is
 * embedded once. Every vector, or score, is kept until the end.
 *
 * @param model a loaded embedder, or a reranker of any scale but "fused", whose scores are only comparable within one query
 * @returns the pairs' scores and labels, in their order
 * @throws BgeError as the model's methods, with the indices of the pairs
 */
export async function scorePairs(
  model: Embedder | Reranker,
  pairs: readonly LabelledPair[],
  options: ScorePairsOptions = {},
): Promise<ScoredPair[]> {
  const { symmetric = false, ...call } = checkOptions(options, OPTIONS, "scorePairs");
  checkPairs(pairs);
  // A copy, because the caller may change the array meanwhile.
  const own = pairs.map(({ query, document, relevant }) => ({ query, document, relevant }));
  const scores = isEmbedder(model)
    ? await cosines(model, own, symmetric, call)
    : await rerank(model, own, symmetric, call);
  return own.map(({ relevant }, index) => ({ score: scores[index]!, relevant }));
}

function isEmbedder(model: Embedder | Reranker): model is Embedder {
  const methods = (typeof model === "object" && model !== null ? model : {}) as Partial<Embedder & Reranker>;
  if (typeof methods.embedStream === "function") return true;
  if (typeof methods.score === "function") return false;
  throw invalid("model", "must be a loaded embedder or a loaded reranker");
}

function checkPairs(pairs: readonly LabelledPair[]): void {
  const parameter = "pairs";
  if (!Array.isArray(pairs)) throw new BgeError("INVALID_INPUT", "pairs must be an array.", { parameter });
  const unlabelled = Array.from(pairs, (pair) => typeof pair?.relevant === "boolean").flatMap((is, i) =>
    is ? [] : [i],
  );
  if (unlabelled.length > 0) {
    const problem = `pairs need relevant as true or false: not so at index ${listed(unlabelled)}.`;
    throw new BgeError("INVALID_INPUT", problem, { parameter, indices: unlabelled });
  }
  for (const side of ["query", "document"] as const) {
    checkTexts(
      pairs.map((pair) => pair[side]),
      parameter,
    );
  }
}

async function cosines(
  embedder: Embedder,
  pairs: readonly LabelledPair[],
  symmetric: boolean,
  call: CallOptions,
): Promise<number[]> {
  const [queries, documents] = [pairs.map(({ query }) => query), pairs.map(({ document }) => document)];
  if (symmetric) {
    const vectors = await vectorsOf(embedder, [...queries, ...documents], pairs.length, "document", call);
    return pairs.map(({ query, document }) => similarity(vectors.get(query)!, vectors.get(document)!));
  }
  const ofQueries = await vectorsOf(embedder, queries, pairs.length, "query", call);
  const ofDocuments = await vectorsOf(embedder, documents, pairs.length, "document", call);
  return pairs.map(({ query, document }) => similarity(ofQueries.get(query)!, ofDocuments.get(document)!));
}

/** The vector of each text, of which there is one for each of `pairs` pairs, or one for each and another for each. */
async function vectorsOf(
  embedder: Embedder,
  texts: readonly string[],
  pairs: number,
  inputType: InputType,
  call: CallOptions,
): Promise<Map<string, Float32Array>> {
  const distinct = [...new Set(texts)];
  const vectors = await embedder.embed(distinct, { ...call, inputType }).catch((error: unknown) => {
    throw ofPairs(error, (index) => texts.flatMap((text, i) => (text === distinct[index] ? [i % pairs] : [])));
  });
  return new Map(distinct.map((text, i) => [text, vectors[i]!.dense]));
}

async function rerank(
  reranker: Reranker,
  pairs: readonly LabelledPair[],
  symmetric: boolean,
  call: CallOptions,
): Promise<number[]> {
  if (reranker.scale === "fused") {
    throw invalid("model", 'has the scale "fused", whose scores are only comparable within one query. Name a reranker');
  }
  if (symmetric) throw invalid("symmetric", "is for embedders: a reranker reads a query and a document");
  const blank = pairs.flatMap(({ query }, index) => (query.trim() === "" ? [index] : []));
  if (blank.length > 0) {
    const problem = `A reranker cannot use an empty query: index ${listed(blank)} of pairs.`;
    throw new BgeError("INVALID_INPUT", problem, { parameter: "pairs", indices: blank });
  }
  const groups = new Map<string, number[]>();
  for (const [index, { query }] of pairs.entries()) groups.set(query, [...(groups.get(query) ?? []), index]);
  const scores = new Array<number>(pairs.length);
  const score = async ([query, indices]: [string, number[]]) => {
    const documents = indices.map((index) => pairs[index]!.document);
    const own = await reranker.score(query, documents, call).catch((error: unknown) => {
      throw ofPairs(error, (index) => [indices[index]!]);
    });
    for (const [i, index] of indices.entries()) scores[index] = own[i]!;
  };
  const waiting = [...groups];
  while (waiting.length > 0) await Promise.all(waiting.splice(0, QUERIES_AHEAD).map(score));
  return scores;
}

/** The same error with the pairs' indices. */
function ofPairs(error: unknown, pairsOf: (index: number) => number[]): unknown {
  if (!(error instanceof BgeError) || error.indices === undefined) return error;
  const indices = [...new Set(error.indices.flatMap(pairsOf))].sort((a, b) => a - b);
  const { code, message, cause } = error;
  return new BgeError(code, `The pairs at index ${listed(indices)} failed: ${message}`, {
    parameter: "pairs",
    indices,
    cause: cause ?? error,
  });
}
