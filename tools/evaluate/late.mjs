import { readFileSync } from "node:fs";
import { join } from "node:path";
import { combine } from "../../packages/core/dist/load/fused.js";
import { scoresByCandidates } from "../../packages/core/dist/scoring/by-candidates.js";
import { createTokens } from "../../packages/core/dist/text/encode.js";
import { bestMatches } from "../../packages/core/dist/worker/matching.js";

/**
 * Late interaction as `loadRetriever` and the fused reranker compute it, from token vectors that are kept in memory: each document
 * is embedded once, not once a query. `asker` embeds queries without their instruction.
 */
export function keepTokens(embedder, asker) {
  const { spec, source, maxTokens } = embedder;
  const read = (file) => JSON.parse(readFileSync(join(source.directory, file), "utf8"));
  const tokens = createTokens(read("tokenizer.json"), read("tokenizer_config.json"), spec);
  const sides = new Map();
  const matches = new Map();

  async function sidesOf(model, texts) {
    const vectors = await model.embedTokens(texts, { inputType: model === asker ? "query" : "document" });
    return vectors.map(({ data, dimensions }, i) => {
      const { ids } = tokens.encode([texts[i]], { form: "single", maxTokens }).rows;
      // Without [CLS].
      return { rows: data.subarray(dimensions), ids: ids.subarray(1) };
    });
  }

  async function score(query, documents) {
    const missing = documents.filter((text) => !sides.has(text));
    for (const [i, side] of (await sidesOf(embedder, missing)).entries()) sides.set(missing[i], side);
    if (!matches.has(query)) matches.set(query, new Map());
    const known = matches.get(query);
    const unread = documents.filter((text) => !known.has(text));
    if (unread.length > 0) {
      const [asked] = await sidesOf(asker, [query]);
      for (const text of unread) {
        const numbers = new Float32Array(2 * asked.ids.length);
        bestMatches(asked, sides.get(text), embedder.dimensions, tokens.weightless, numbers);
        known.set(text, numbers);
      }
    }
    return scoresByCandidates(documents.map((text) => known.get(text)));
  }

  function forget() {
    sides.clear();
    matches.clear();
  }

  return { ...reranker("late-interaction", embedder, score), forget };
}

/** `loadReranker()` out of two that keep what they have computed. */
export function fuseKept(late, cross) {
  const score = (query, documents) =>
    combine(
      documents.length,
      cross.spec.fusedWeight,
      () => late.score(query, documents),
      (places) =>
        cross.score(
          query,
          places.map((place) => documents[place]),
        ),
    );
  return reranker("fused", cross, score);
}

/** What the retriever takes for a loaded reranker. */
function reranker(kind, { spec, source, maxTokens }, score) {
  return { kind, spec, source, maxTokens, score, rerank() {}, async dispose() {} };
}
