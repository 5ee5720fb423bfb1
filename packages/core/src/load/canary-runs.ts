import type { EmbeddingSpec, ModelSpec, OpenSource, RerankerSpec } from "../api/model.js";
import type { EngineCall } from "../engine/pool.js";
import type { FrameSize } from "../protocol.js";
import { mainOutput } from "../run/outputs.js";
import type { TextResult } from "../run/results.js";
import { runTexts } from "../run/run-texts.js";
import { logitOutput, planCrossEncoder } from "../scoring/cross-encoder.js";
import { dotProduct } from "../similarity.js";
import { type PairCanaries, readPairCanaries, readTextCanaries, type TextCanaries } from "./canaries.js";

/** A folder's canaries, and how to run them. */
export interface Canaries {
  /** Hash of the canaries file. */
  readonly hash: string;
  /** Number of texts or pairs. */
  readonly size: number;
  /** The graph output that is compared. */
  readonly output: string;
  /** What is compared, for messages. */
  readonly numbers: "vectors" | "logits";
  /** Runs the canaries one by one, because together they would make the pool start all its workers. */
  measure(call: EngineCall, source: OpenSource, frame: FrameSize): Promise<Measured[]>;
}

/** A cosine to the fp32 model's numbers, and the one measured where the file was built. */
export interface Measured {
  readonly cosine: number;
  readonly expected: number | undefined;
}

/** Loads a model folder's canaries, if it has any. @throws BgeError `MODEL_CORRUPT` */
export function loadCanaries(directory: string, spec: ModelSpec): Canaries | undefined {
  return spec.kind === "reranker"
    ? ofPairs(spec, readPairCanaries(directory))
    : ofTexts(spec, readTextCanaries(directory, spec.dimensions));
}

function ofTexts(spec: EmbeddingSpec, canaries: TextCanaries | undefined): Canaries | undefined {
  if (canaries === undefined) return undefined;
  const { pooling, texts, hash } = canaries;
  const output = mainOutput(spec);
  const { dimensions, maxTokens } = spec;
  async function measure(call: EngineCall, { dtype, batching }: OpenSource): Promise<Measured[]> {
    // The file states how its vectors were made, whatever facts the user passes.
    const heads = [{ type: "vector", output, pooling, dimensions }] as const;
    const measured: Measured[] = [];
    for (const { text, vector, cosine } of texts) {
      const [result] = await runTexts(call, [text], { encoding: { form: "single", maxTokens }, heads, batching });
      const found = numbersOf(result!);
      measured.push({ cosine: found ? dotProduct(found, 0, vector, 0, vector.length) : 0, expected: cosine[dtype] });
    }
    return measured;
  }
  return { hash, size: texts.length, output, numbers: "vectors", measure };
}

function ofPairs(spec: RerankerSpec, canaries: PairCanaries | undefined): Canaries | undefined {
  if (canaries === undefined) return undefined;
  const { pairs, cosine, hash } = canaries;
  async function measure(call: EngineCall, source: OpenSource, frame: FrameSize): Promise<Measured[]> {
    const scorer = planCrossEncoder(spec, { truncation: "silent" }).create({ source, frame });
    const found: number[] = [];
    for (const { query, document } of pairs) {
      const [result] = await scorer.score(call, query, [document]);
      found.push(numbersOf(result!)?.[0] ?? 0);
    }
    const expected = pairs.map(({ logit }) => logit);
    return [{ cosine: cosineOf(found, expected), expected: cosine[source.dtype] }];
  }
  return { hash, size: pairs.length, output: logitOutput(spec), numbers: "logits", measure };
}

/** Returns `undefined` for a failed text, which counts as cosine 0. A lost worker says nothing about the numbers, so it is thrown. */
function numbersOf(result: TextResult): Float32Array | undefined {
  if (result.error?.code === "WORKER_LOST") throw result.error;
  return result.error ? undefined : result.data;
}

function cosineOf(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot === 0 ? 0 : dot / (Math.hypot(...a) * Math.hypot(...b));
}
