import { BgeError } from "../api/errors.js";
import type { RowStore } from "../api/keep.js";
import type { EmbeddingSpec } from "../api/model.js";
import type { RerankerOptions } from "../api/options.js";
import type { EngineCall } from "../engine/pool.js";
import { LEAST_TEXT_TOKENS, maxTokensOf, refuse, tokenDimensionsOf } from "../model/options.js";
import { splitRow } from "../protocol.js";
import type { TokenSide } from "../rows/compress.js";
import { MOST_DIMENSIONS } from "../rows/format.js";
import { mainOutput } from "../run/outputs.js";
import type { FinishedText, TextResult } from "../run/results.js";
import { ofInput, refuseOverLimit, runWindows, type TextTask } from "../run/run-texts.js";
import { createTruncation, reportingPart } from "../run/truncation-report.js";
import { keptRowsHead, remembering } from "./kept-texts.js";
import { bestMatchOf, type MatchedWindow, matchWindows } from "./match-windows.js";
import { createMemoryStore, KEPT_BYTES } from "./memory-store.js";
import { inPace, inTime, type Pace } from "./pace.js";
import { bestPassages, type FoundText, PASSAGE_TOKENS } from "./passages.js";
import { runQuery, sideHeads, toSide } from "./query-heads.js";
import { eachAlone, type Scored, type ScoreOptions, type Scorer, type ScorerPlan } from "./scorer.js";

/**
 * Plans reranking with an embedding model's token vectors: the mean, over the query's tokens, of the best cosine among
 * the document's tokens. As in bge-m3's multi-vectors, [CLS] is left out on both sides and [SEP] is kept. The query
 * carries no instruction unless one is passed. Documents are read in windows and compared by what is kept of them
 * (`compressRows`), whether they were read now or before. Of a dozen variants, this one measured best, within noise, on four
 * English sets and a Chinese one (nDCG@10; see docs/quality.md).
 *
 * @param byCandidates weights the query's tokens by how rare they are among the call's documents
 * (`scoresByCandidates`): a better order, but with scores comparable only within one call
 */
export function planLateInteraction(spec: EmbeddingSpec, options: RerankerOptions, byCandidates: boolean): ScorerPlan {
  refuse(options, ["cutoffLayer", "weights"], `${spec.id} reranks with late interaction`);
  if (spec.lateInteraction !== true) {
    const advice =
      " Load it with loadEmbedder. To rerank with its token vectors, which has not been evaluated for this model, pass " +
      "{ id or directory, lateInteraction: true }.";
    throw new BgeError("MODEL_MISMATCH", `${spec.id} is an embedding model, not a reranker.${advice}`, {
      parameter: "model",
      advice,
    });
  }
  const dimensions = tokenDimensionsOf(options, spec);
  if (dimensions > MOST_DIMENSIONS) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `Late interaction compares at most ${MOST_DIMENSIONS} dimensions; set dimensions.`,
      {
        parameter: "dimensions",
      },
    );
  }
  const maxTokens = maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
  const instruction = options.queryInstruction || "";
  const output = mainOutput(spec);
  const encoding = { form: "single", maxTokens } as const;
  const queryHeads = sideHeads(output, dimensions);
  const matching = { dimensions, byCandidates };

  function create({ source }: Parameters<ScorerPlan["create"]>[0]): Scorer {
    const truncation = createTruncation(spec.id, maxTokens, options);
    const { batching } = source;
    const reading = remembering(storeOf(options.keep), { spec, source, dimensions, maxTokens });
    const queryTask: TextTask = { encoding, batching, heads: queryHeads };
    const task: TextTask = { encoding, batching, heads: [keptRowsHead(spec, dimensions)] };

    async function check(call: EngineCall, query: string, documents: readonly string[]): Promise<void> {
      await refuseOverLimit(call, [instruction + query], encoding, truncation, "query");
      await refuseOverLimit(call, documents, encoding, truncation, "document", reading);
    }

    /** Reads documents, and compares each with the query as soon as those beside it are read. */
    async function readAndMatch(call: EngineCall, side: TokenSide, texts: readonly string[]): Promise<Read[]> {
      const results = await reading.run(call, texts, task);
      const rows = results.flatMap((result) => (result.error ? [] : result.keptRows!));
      const matched = await matchWindows(call, side, rows, matching).catch(ofInput);
      if (matched instanceof BgeError) return results.map((result) => ({ result: { error: result.error ?? matched } }));
      const windows = matched.values();
      return results.map((result) => (result.error ? { result } : { result, windows: windows.next().value! }));
    }

    async function score(
      call: EngineCall,
      query: string,
      documents: readonly string[],
      { positions, pace, narrow = 0 }: ScoreOptions = {},
    ): Promise<Scored[]> {
      const asking = runQuery(call, instruction + query, queryTask, truncation);
      const asked = await (pace === undefined ? asking : inTime(pace.budget, asking));
      if (asked === undefined) return documents.map(() => undefined);
      const side = toSide(splitRow(asked.data, queryHeads, asked.kept));
      const read = (texts: readonly string[]) => readAndMatch(call, side, texts);
      const all = await (pace === undefined ? readAll(documents, read) : readInPace(documents, pace, read));
      const told = positions === undefined ? truncation : reportingPart(truncation, positions);
      told.report(
        all.map((one) => one?.result ?? UNREAD),
        "document",
      );
      const matched = all.flatMap((one, i) => (isMatched(one) ? [{ text: documents[i]!, ...one }] : []));
      const matches = bestMatchOf(
        matched.map(({ windows }) => windows),
        matching,
      );
      const found = matches.map((match, i) => ({ match, text: matched[i]!.text, rows: matched[i]!.result.keptRows! }));
      const best = mostAlike(found, narrow);
      const narrowing = bestPassages(call, side, best, { dimensions, most: PASSAGE_TOKENS });
      const narrowed = pace === undefined ? await narrowing : await inTime(pace.budget, narrowing);
      const parts = new Map(narrowed?.map((part, i) => [best[i]!.match, part]));
      const each = matches.values();
      return all.map((one) => {
        if (!isMatched(one)) return one?.result;
        const match = each.next().value!;
        const { start, end } = parts.get(match) ?? match;
        const { tokens, kept } = one.result;
        return { data: Float32Array.of(match.score), tokens, kept, part: { start, end } };
      });
    }

    /** Compares what is kept; then reads the others, from the first on, while there is time. */
    async function readInPace(
      documents: readonly string[],
      pace: Pace,
      read: ReadTexts,
    ): Promise<(Read | undefined)[]> {
      const isKnown = await inTime(pace.budget, reading.knows?.(documents) ?? Promise.resolve([]));
      const places = (known: boolean) => [...documents.keys()].filter((i) => (isKnown?.[i] ?? false) === known);
      const all = new Array<Read | undefined>(documents.length).fill(undefined);
      const put = (at: readonly number[], results: readonly (Read | undefined)[] = []) => {
        for (const [i, result] of results.entries()) all[at[i]!] = result;
      };
      const textsAt = (at: readonly number[]) => at.map((place) => documents[place]!);
      const known = places(true);
      put(known, await inTime(pace.budget, readAll(textsAt(known), read)));
      const unknown = places(false);
      const texts = textsAt(unknown);
      put(
        unknown,
        await inPace(texts, pace, { maxTokens, together: STEP, most: STEP }, (from, to) => read(texts.slice(from, to))),
      );
      return all;
    }

    return {
      kind: "late-interaction",
      stage: "lateInteraction",
      scale: byCandidates ? "fused" : "cosine",
      maxTokens,
      check,
      score,
      toScores: eachAlone(([score]) => score!),
    };
  }

  return { maxTokens, needs: ["hidden"], create };
}

/** A document that was read, or its error; and its windows, compared with the query. */
interface Read {
  readonly result: TextResult;
  readonly windows?: readonly MatchedWindow[];
}

interface Matched {
  readonly result: FinishedText;
  readonly windows: readonly MatchedWindow[];
}

function isMatched(one: Read | undefined): one is Matched {
  return one?.windows !== undefined && one.result.error === undefined;
}

/** The documents of the highest scores. */
function mostAlike(found: readonly FoundText[], count: number): FoundText[] {
  return found.toSorted((a, b) => b.match.score - a.match.score).slice(0, count);
}

/** Documents read at once within a budget: they are compared once all of them are read, so no more than these are read in vain. */
const STEP = 8;

type ReadTexts = (texts: readonly string[]) => Promise<Read[]>;

/** A text that was not read has no report. */
const UNREAD = { error: undefined };

/** Reads and compares documents in groups, drawing no more at once than other calls do. */
async function readAll(documents: readonly string[], read: ReadTexts): Promise<Read[]> {
  const all: Read[] = [];
  const groups = runWindows(documents, async ({ texts }) =>
    (await Promise.all(chunksOf(texts, TEXTS_A_MATCH).map(read))).flat(),
  );
  for await (const { results } of groups) all.push(...results);
  return all;
}

/** Documents compared at once. A deadline keeps the scores of all before. */
const TEXTS_A_MATCH = 32;

function chunksOf(texts: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, i) => texts.slice(i * size, (i + 1) * size));
}

function storeOf(keep: RerankerOptions["keep"] = { maxBytes: KEPT_BYTES }): RowStore | undefined {
  if (keep === false) return undefined;
  return "get" in keep ? keep : createMemoryStore(keep.maxBytes);
}
