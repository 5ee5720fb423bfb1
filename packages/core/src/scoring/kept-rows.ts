import type { Embedder, EmbedStreamOptions } from "../api/embedder.js";
import type { EmbeddingSpec } from "../api/model.js";
import type { CallOptions, InputType } from "../api/options.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import { type Head, rowsSize, splitRow } from "../protocol.js";
import type { TokenSide } from "../rows/compress.js";
import { MOST_DIMENSIONS } from "../rows/format.js";
import { withCall } from "../run/call.js";
import { createEmbedStream } from "../run/embed-stream.js";
import { mainOutput } from "../run/outputs.js";
import { IN_WINDOWS } from "../run/read-windows.js";
import { ofQuery } from "../run/results.js";
import { refuseOverLimit, runTexts, type TextTask } from "../run/run-texts.js";
import type { Truncation } from "../run/truncation-report.js";
import type { Prompts } from "../text/prompts.js";
import { keptRowsHead } from "./kept-texts.js";
import { bestMatchOf, type Match, matchWindows } from "./match-windows.js";
import { bestPassages, type FoundText, PASSAGE_TOKENS } from "./passages.js";
import { runQuery, sideHeads, toSide } from "./query-heads.js";

/** What is kept of a document that was read once, in windows where it is longer than the model reads. */
export interface KeptText {
  /** The embedder's vector of the text, as without windows; then those of further windows. */
  readonly vectors: readonly Float32Array[];
  /** The compressed token rows of all windows, for `match`. */
  readonly rows: Uint8Array;
}

/** Late interaction, by an embedder's own token vectors, with documents read earlier. */
export interface KeptRows {
  /**
   * Like the embedder's `embedStream` for documents, with the rows to keep. Texts longer than the model reads are read in up to
   * 32 overlapping windows; only what lies beyond them is truncated.
   */
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: Pick<EmbedStreamOptions, "signal" | "onError" | "onSkip" | "retryLost">,
  ): AsyncGenerator<KeptText | undefined, void, undefined>;
  /**
   * Runs a query through the model, for its vector and for `match`: once more where the vector's text begins with an instruction, behind which
   * late interaction finds less (docs/search.md).
   */
  readQuery(query: string, options: CallOptions): Promise<KeptQuery>;
  /**
   * Scores documents by their rows: `bestMatchOf`. Runs in a worker, and nothing runs through the model.
   *
   * @throws BgeError `STORE_CORRUPT` or `MODEL_MISMATCH`, with the index of the document whose rows are not the model's
   */
  match(side: TokenSide, documents: readonly Uint8Array[], options: CallOptions): Promise<Match[]>;
  /**
   * Narrows matches to the part of at most 192 tokens that matches best, for a cross-encoder to read in place of all. The texts
   * are tokenized in a worker, and nothing runs through the model.
   *
   * @param found results of one `match`, with their texts and rows
   * @returns one for each, inside the match; the same where that is no longer
   */
  passages(side: TokenSide, found: readonly FoundText[], options: CallOptions): Promise<Match[]>;
}

/** What the model computes for a query. */
export interface KeptQuery {
  /** As `embedQuery` gives it. */
  readonly vector: Float32Array;
  /** The rows and ids of its tokens, read without the instruction, as rerankers read them. */
  readonly side: TokenSide;
}

/** For embedders loaded here, not for objects a caller makes around them, whose vectors may come from elsewhere. */
const offers = new WeakMap<Embedder, KeptRows>();

/** Undefined for a caller's own embedder, and for a model without late interaction, with a document instruction or with examples. */
export function keptRowsOf(embedder: Embedder): KeptRows | undefined {
  return offers.get(embedder);
}

/** Late interaction reads documents without an instruction, and queries without examples. */
export function canKeep({ dimensions, lateInteraction, documentInstruction = "", fewShot }: EmbeddingSpec): boolean {
  const isPlain = documentInstruction === "" && fewShot === undefined;
  return lateInteraction === true && isPlain && dimensions <= MOST_DIMENSIONS;
}

interface EmbedderParts {
  readonly engine: SharedEngine;
  readonly prompts: Prompts;
  readonly truncation: Truncation;
  /** The heads that compute a text's vector. */
  readonly vectors: readonly Head[];
  readonly taskOf: (inputType: InputType, heads: readonly Head[]) => TextTask;
}

export function offerKeptRows(
  embedder: Embedder,
  { engine, prompts, truncation, vectors, taskOf }: EmbedderParts,
): void {
  const { spec } = prompts;
  const { dimensions } = spec;
  const output = mainOutput(spec);
  // A server gives no compressed rows.
  if (!canKeep(spec) || embedder.source.device === "server") return;
  if (engine.info.probe.shapes[output]?.length !== 3) return;

  const matching = { dimensions, byCandidates: true };
  const keeping = taskOf("document", [...vectors, keptRowsHead(spec, dimensions)]);
  const embedStream = createEmbedStream<KeptText>({
    engine,
    planOf: () => ({
      task: keeping,
      toValue: ({ data, keptRows }) => ({ vectors: vectorsIn(data, vectors), rows: keptRows! }),
      reading: IN_WINDOWS,
    }),
    truncation,
    write: prompts.write,
  });

  const ofSide = sideHeads(output, dimensions);

  async function readBare(call: EngineCall, query: string): Promise<TokenSide> {
    const [result] = await runTexts(call, [query], taskOf("query", ofSide));
    const { data, kept } = ofQuery(result!);
    return toSide(splitRow(data, ofSide, kept));
  }

  function readQuery(query: string, options: CallOptions): Promise<KeptQuery> {
    const facts = { ...options, method: "embedQuery", inputs: 1, urgent: true } as const;
    return withCall(engine, facts, async (call) => {
      const [text] = prompts.write([query], "query");
      const isBare = text === query;
      const heads = isBare ? [...vectors, ...ofSide] : vectors;
      const task = taskOf("query", heads);
      await refuseOverLimit(call, [text!], task.encoding, truncation, "query");
      const [{ data, kept }, bare] = await Promise.all([
        runQuery(call, text!, task, truncation),
        isBare ? undefined : readBare(call, query),
      ]);
      const [vector, ...rest] = splitRow(data, heads, kept);
      return { vector: vector!, side: bare ?? toSide(rest) };
    });
  }

  function match(side: TokenSide, documents: readonly Uint8Array[], options: CallOptions): Promise<Match[]> {
    const facts = { ...options, method: "score", inputs: documents.length, urgent: true } as const;
    return withCall(engine, facts, async (call) =>
      bestMatchOf(await matchWindows(call, side, documents, matching), matching),
    );
  }

  function passages(side: TokenSide, found: readonly FoundText[], options: CallOptions): Promise<Match[]> {
    const facts = { ...options, method: "score", inputs: found.length, urgent: true } as const;
    return withCall(engine, facts, (call) => bestPassages(call, side, found, { dimensions, most: PASSAGE_TOKENS }));
  }

  offers.set(embedder, { embedStream, readQuery, match, passages });
}

/** Splits the numbers of all windows. */
function vectorsIn(data: Float32Array, heads: readonly Head[]): Float32Array[] {
  const width = rowsSize(heads, 0);
  if (data.length === width) return [data];
  return Array.from({ length: data.length / width }, (_, i) => data.slice(i * width, (i + 1) * width));
}
