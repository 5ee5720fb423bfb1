import type { Embedder, EmbedStreamOptions } from "../api/embedder.js";
import type { CallOptions, InputType } from "../api/options.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import type { Head } from "../protocol.js";
import { MOST_DIMENSIONS } from "../rows/format.js";
import { withCall } from "../run/call.js";
import { createEmbedStream } from "../run/embed-stream.js";
import { mainOutput } from "../run/outputs.js";
import { refuseOverLimit, type TextTask } from "../run/run-texts.js";
import type { Truncation } from "../run/truncation-report.js";
import type { Prompts } from "../text/prompts.js";
import { scoresByCandidates } from "./late-interaction.js";
import { runQuery } from "./query-heads.js";

/** What one model pass computes for a document. */
export interface KeptText {
  readonly vector: Float32Array;
  /** Its compressed token rows, for `score`. */
  readonly rows: Uint8Array;
}

/** Late interaction, by an embedder's own token vectors, with documents read earlier. */
export interface KeptRows {
  /** Like the embedder's `embedStream` for documents, with the rows to keep. */
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: Pick<EmbedStreamOptions, "signal" | "onError" | "onSkip">,
  ): AsyncGenerator<KeptText | undefined, void, undefined>;
  /** The scores that `loadRerankingStage` gives for the texts themselves, apart from compression loss: `scoresByCandidates`. */
  score(query: string, documents: readonly Uint8Array[], options: CallOptions): Promise<number[]>;
}

/** For embedders loaded here, not for objects a caller makes around them, whose vectors may come from elsewhere. */
const offers = new WeakMap<Embedder, KeptRows>();

/** Undefined for a caller's own embedder, and for a model without late interaction or with a document instruction. */
export function keptRowsOf(embedder: Embedder): KeptRows | undefined {
  return offers.get(embedder);
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
  const { dimensions, lateInteraction, documentInstruction = "" } = spec;
  const output = mainOutput(spec);
  // Late interaction reads documents without an instruction.
  if (lateInteraction !== true || documentInstruction !== "" || dimensions > MOST_DIMENSIONS) return;
  if (engine.info.probe.shapes[output]?.length !== 3) return;

  const keeping = taskOf("document", [...vectors, { type: "kept-rows", output, dimensions }]);
  const embedStream = createEmbedStream<KeptText>({
    engine,
    planOf: () => ({ task: keeping, toValue: (vector, _, rows) => ({ vector, rows: rows! }) }),
    truncation,
    write: prompts.write,
  });

  function score(query: string, documents: readonly Uint8Array[], options: CallOptions): Promise<number[]> {
    const facts = { ...options, method: "score", inputs: documents.length, urgent: true } as const;
    // Late interaction reads queries without an instruction, as documents.
    const task = taskOf("document", [{ type: "kept-matches", output, dimensions, documents }]);
    return withCall(engine, facts, async (call) => {
      if (documents.length === 0) return [];
      await refuseOverLimit(call, [query], task.encoding, truncation, "query");
      const { data } = await runQuery(call, query, task, truncation);
      const width = data.length / documents.length;
      return scoresByCandidates(documents.map((_, i) => data.subarray(i * width, (i + 1) * width)));
    });
  }

  offers.set(embedder, { embedStream, score });
}
