import {
  type Embedder,
  type EmbedderOptions,
  type FewShotExample,
  loadEmbedder,
  loadReranker,
  type ModelReference,
  type Reranker,
  type RerankerOptions,
  type TokenVectors,
} from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cosine, largestDifference, readGolden, vectorOf } from "./support/golden.js";
import { fixture } from "./support/models.js";

/** Each family's random-weight model as a user would load the real one: the table's facts for its id, over a folder. */
const model = (id: string, name: string): ModelReference => ({ id: `BAAI/${id}`, directory: fixture(name) });

interface EmbeddingCase {
  readonly name: string;
  readonly text: string;
  readonly inputType: "query" | "document";
  readonly task?: string;
  readonly instruction?: string;
  readonly examples?: readonly { readonly instruct: string; readonly query: string; readonly response: string }[];
  readonly maxTokens?: number;
  readonly tokens: number;
  readonly kept: number;
  readonly vector: string;
}

interface EmbeddingGolden {
  readonly instruction?: string | null;
  readonly cases: readonly EmbeddingCase[];
}

/** What a case's model is loaded with. */
function optionsOf(
  { task, instruction, examples, maxTokens }: EmbeddingCase,
  usual: string | undefined,
): EmbedderOptions {
  const written = examples?.map(({ instruct, ...example }): FewShotExample => ({ instruction: instruct, ...example }));
  const queryInstruction = instruction ?? usual ?? false;
  return {
    truncation: "silent",
    // The reference's default, also where a model's card says more.
    maxTokens: 512,
    ...(task === undefined ? { queryInstruction } : { task }),
    ...(written === undefined ? {} : { examples: written }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

/** Cases by the options that they need, so that a model is loaded once for each. */
function groupsOf({ cases, instruction }: EmbeddingGolden): [EmbedderOptions, EmbeddingCase[]][] {
  const groups = new Map<string, [EmbedderOptions, EmbeddingCase[]]>();
  for (const one of cases) {
    const options = optionsOf(one, instruction ?? undefined);
    const key = JSON.stringify(options);
    if (!groups.has(key)) groups.set(key, [options, []]);
    groups.get(key)![1].push(one);
  }
  return [...groups.values()];
}

const EMBEDDERS = [
  ["llm-embedder", "tiny-llm-embedder"],
  ["bge-code-v1", "tiny-code"],
  ["bge-multilingual-gemma2", "tiny-gemma2"],
  ["bge-en-icl", "tiny-icl"],
  ["bge-reasoner-embed-qwen3-8b-0923", "tiny-reasoner"],
] as const;

describe.each(EMBEDDERS)("the family of %s against FlagEmbedding in fp32", (id, name) => {
  const groups = groupsOf(readGolden<EmbeddingGolden>(`${name}.json`));
  const inputsOf = (cases: readonly EmbeddingCase[], inputType: string) =>
    cases.filter((one) => one.inputType === inputType);

  test("vectors: cosine of at least 0.99999, each number within 1e-4; and the tokens that are read", async () => {
    for (const [options, cases] of groups) {
      const cuts: { readonly tokens: number; readonly kept: number }[] = [];
      await using embedder = await loadEmbedder(model(id, name), { ...options, onTruncate: (cut) => cuts.push(cut) });
      for (const inputType of ["query", "document"] as const) {
        const some = inputsOf(cases, inputType);
        const found = await embedder.embed(
          some.map(({ text }) => text),
          { inputType },
        );
        for (const [i, { name: caseName, vector }] of some.entries()) {
          expect(cosine(found[i]!.dense, vectorOf(vector)), caseName).toBeGreaterThanOrEqual(0.99999);
          expect(largestDifference(found[i]!.dense, vectorOf(vector)), caseName).toBeLessThanOrEqual(1e-4);
        }
        const counts = await embedder.countTokens(
          some.map(({ text }) => text),
          { inputType },
        );
        for (const [i, { name: caseName, tokens, kept }] of some.entries()) {
          if (id !== "bge-en-icl" || inputType === "document") expect(counts[i], caseName).toBe(tokens);
          // It decodes what it has cut and encodes it again: that may be more tokens than the text has.
          else expect(counts[i], caseName).toBeGreaterThanOrEqual(kept);
        }
      }
      const cut = cases.filter(({ tokens, kept }) => kept < tokens);
      expect(cuts.map(({ kept }) => kept)).toEqual(expect.arrayContaining(cut.map(({ kept }) => kept)));
      if (id !== "bge-en-icl") expect(cuts).toHaveLength(cut.length);
    }
  });

  test("the same text, the same vector: alone, in any list, padded on either side", async () => {
    const [options, cases] = groups.at(-1)!;
    // Positions of BERT are absolute: it cannot be padded on the left.
    const sidesOf = id === "llm-embedder" ? (["right"] as const) : (["left", "right"] as const);
    const texts = inputsOf(cases, "query").map(({ text }) => text);
    const sides = await Promise.all(
      sidesOf.map(async (padding) => {
        await using embedder = await loadEmbedder({ ...model(id, name), padding }, options);
        const together = await embedder.embed(texts, { inputType: "query" });
        const alone = await Promise.all(texts.map((text) => embedder.embedQuery(text)));
        return { together: together.map(({ dense }) => dense), alone };
      }),
    );
    const [first, ...others] = sides.flatMap(({ together, alone }) => [together, alone]);
    for (const vectors of others) {
      for (const [i, vector] of vectors.entries()) {
        expect(largestDifference(vector, first![i]!), texts[i]).toBeLessThanOrEqual(1e-5);
      }
    }
  });
});

interface M3Golden {
  readonly cases: readonly (EmbeddingCase & {
    readonly sparse: Readonly<Record<string, number>>;
    readonly rows: number;
    readonly multiVector: string;
  })[];
  readonly scores: readonly {
    readonly query: string;
    readonly document: string;
    readonly weights: readonly [number, number, number];
    readonly maxDocumentTokens?: number;
    readonly dense: number;
    readonly sparse: number;
    readonly colbert: number;
    readonly "sparse+dense": number;
    readonly "colbert+sparse+dense": number;
  }[];
}

describe("the family of bge-m3 against FlagEmbedding in fp32", () => {
  const m3 = model("bge-m3", "tiny-m3");
  const { cases, scores } = readGolden<M3Golden>("tiny-m3.json.gz");
  const usual = cases.filter(({ maxTokens }) => maxTokens === undefined);
  const texts = usual.map(({ text }) => text);
  const outputs = ["dense", "sparse", "multiVector"] as const;
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await loadEmbedder(m3, { truncation: "silent", outputs });
  });
  afterAll(() => embedder.dispose());

  const rowsOf = ({ data, rows, dimensions }: TokenVectors) =>
    Array.from({ length: rows }, (_, row) => data.subarray(row * dimensions, (row + 1) * dimensions));

  test("all three outputs of one pass", async () => {
    for (const one of cases) {
      const { maxTokens } = one;
      await using own = await loadEmbedder(m3, {
        truncation: "silent",
        ...(maxTokens === undefined ? {} : { maxTokens }),
      });
      const [found] = await own.embed([one.text], { inputType: one.inputType, outputs });
      const { dense, sparse, multiVector } = found!;
      expect(cosine(dense, vectorOf(one.vector)), one.name).toBeGreaterThanOrEqual(0.99999);
      expect(sparse.indices.map(String).sort(), one.name).toEqual(Object.keys(one.sparse).sort());
      for (const [i, id] of sparse.indices.entries()) {
        expect(Math.abs(sparse.values[i]! - one.sparse[id]!), one.name).toBeLessThanOrEqual(1e-4);
      }
      expect(multiVector.rows, one.name).toBe(one.rows);
      const expected = vectorOf(one.multiVector);
      for (const [row, vector] of rowsOf(multiVector).entries()) {
        const reference = expected.subarray(row * vector.length, (row + 1) * vector.length);
        expect(cosine(vector, reference), `${one.name}, row ${row}`).toBeGreaterThanOrEqual(0.99999);
      }
    }
  });

  test("each output alone, in a list and in a stream is what it is with the others", async () => {
    const together = await embedder.embed(texts, { inputType: "document", outputs });
    for (const output of outputs) {
      const alone = await embedder.embed(texts, { inputType: "document", outputs: [output] });
      expect(alone).toEqual(together.map((record) => ({ [output]: record[output] })));
    }
    const streamed = [];
    for await (const record of embedder.embedStream(texts, { outputs })) streamed.push(record);
    expect(streamed).toEqual(together);
    expect(await embedder.embedDocuments(texts)).toEqual(together.map(({ dense }) => dense));
    const tokens = await embedder.embedTokens(texts, { inputType: "document" });
    expect(tokens).toEqual(together.map(({ multiVector }) => multiVector));
  });

  test("a text alone has the numbers that it has in a list", async () => {
    const together = await embedder.embed(texts, { inputType: "document", outputs });
    for (const [i, text] of texts.entries()) {
      const [alone] = await embedder.embed([text], { inputType: "document", outputs });
      expect(largestDifference(alone!.dense, together[i]!.dense)).toBeLessThanOrEqual(1e-5);
      expect(alone!.sparse.indices).toEqual(together[i]!.sparse.indices);
      expect(largestDifference(alone!.sparse.values, together[i]!.sparse.values)).toBeLessThanOrEqual(1e-5);
      expect(largestDifference(alone!.multiVector.data, together[i]!.multiVector.data)).toBeLessThanOrEqual(1e-5);
    }
  });

  test("lexical weights by token", async () => {
    const text = "retrieval of documents: 检索 und Suche, résumé";
    const [found] = await embedder.embed([text], { inputType: "query", outputs: ["sparse"] });
    const weights = await embedder.lexicalWeights(found!.sparse);
    expect(weights.map(({ id }) => id)).toEqual(found!.sparse.indices);
    expect(weights.map(({ weight }) => weight)).toEqual(found!.sparse.values);
    expect(weights.length).toBeGreaterThan(3);
    for (const { token } of weights) expect(text).toContain(token);
  });

  test("scores as compute_score, one pair at a time, under every weighting", async () => {
    for (const { query, document, weights, maxDocumentTokens, ...expected } of scores) {
      const [dense, sparse, multiVector] = weights;
      const asked = [
        [{ dense: 1, sparse: 0, multiVector: 0 }, expected.dense],
        [{ dense: 0, sparse: 1, multiVector: 0 }, expected.sparse],
        [{ dense: 0, sparse: 0, multiVector: 1 }, expected.colbert],
        [{ dense, sparse, multiVector: 0 }, expected["sparse+dense"]],
        [{ dense, sparse, multiVector }, expected["colbert+sparse+dense"]],
      ] as const;
      for (const [own, score] of asked) {
        const limit = maxDocumentTokens === undefined ? {} : { maxTokens: maxDocumentTokens };
        await using reranker = await loadReranker(m3, { weights: own, truncation: "silent", ...limit });
        expect(reranker.kind).toBe("hybrid");
        const [found] = await reranker.score(query, [document]);
        expect(Math.abs(found! - score), JSON.stringify({ query, document, own })).toBeLessThanOrEqual(1e-4);
      }
    }
  });
});

interface RerankingCase {
  readonly name: string;
  readonly query: string;
  readonly document: string;
  readonly cutoffLayer?: number;
  readonly logit: number;
}

const RERANKERS = [
  ["bge-reranker-v2-gemma", "tiny-reranker-gemma"],
  ["bge-reranker-v2-minicpm-layerwise", "tiny-reranker-minicpm"],
] as const;

describe.each(RERANKERS)("the family of %s against FlagEmbedding in fp32", (id, name) => {
  const { cases } = readGolden<{ readonly cases: readonly RerankingCase[] }>(`${name}.json`);
  const layers = [...new Set(cases.map(({ cutoffLayer }) => cutoffLayer))];
  const ofLayer = (layer: number | undefined) => cases.filter(({ cutoffLayer }) => cutoffLayer === layer);
  const load = (layer: number | undefined, options: RerankerOptions = {}): Promise<Reranker> =>
    loadReranker(model(id, name), {
      truncation: "silent",
      ...options,
      ...(layer === undefined ? {} : { cutoffLayer: layer }),
    });

  test.each(layers)("logits within 1e-3, and the same ranking (cutoff layer: %s)", async (layer) => {
    await using reranker = await load(layer);
    for (const query of new Set(ofLayer(layer).map((one) => one.query))) {
      const pairs = ofLayer(layer).filter((one) => one.query === query);
      const documents = pairs.map(({ document }) => document);
      const logits = await reranker.score(query, documents);
      for (const [i, { logit, name: caseName }] of pairs.entries()) {
        expect(Math.abs(logits[i]! - logit), caseName).toBeLessThanOrEqual(1e-3);
      }
      const order = pairs.map((_, i) => i).sort((a, b) => pairs[b]!.logit - pairs[a]!.logit);
      expect((await reranker.rerank(query, documents)).map(({ index }) => index)).toEqual(order);
    }
  });

  test("a pair alone has the score that it has in a list, and sigmoid is the logit's", async () => {
    const [layer] = layers;
    await using reranker = await load(layer);
    await using sigmoid = await load(layer, { scale: "sigmoid" });
    const { query } = cases[0]!;
    const documents = ofLayer(layer).map(({ document }) => document);
    const together = await reranker.score(query, documents);
    const shares = await sigmoid.score(query, documents);
    for (const [i, document] of documents.entries()) {
      const [alone] = await reranker.score(query, [document]);
      // Logits of about 10: 1e-4 of one is what 1e-5 is of a vector's number.
      expect(Math.abs(alone! - together[i]!), document.slice(0, 50)).toBeLessThanOrEqual(1e-4);
      expect(shares[i]).toBeCloseTo(1 / (1 + Math.exp(-together[i]!)), 12);
    }
  });
});

describe("a setting that the files do not fit fails at load", () => {
  const failing = async (load: Promise<AsyncDisposable>, code: string, ...words: string[]) => {
    const message = expect.stringMatching(new RegExp(words.join(".*"), "s"));
    await expect(load).rejects.toMatchObject({ name: "BgeError", code, message });
  };

  test("a cutoff layer that is not there, and one that cannot be", async () => {
    const layerwise = model("bge-reranker-v2-minicpm-layerwise", "tiny-reranker-minicpm");
    await failing(loadReranker(layerwise, { cutoffLayer: 4 }), "MODEL_NOT_FOUND", "model_layer4", "cutoffLayer 3, 5");
    await failing(loadReranker(layerwise, { cutoffLayer: 1 }), "INVALID_OPTION", "cutoffLayer", "2 to 5");
    await failing(loadReranker(layerwise, { cutoffLayer: 3, dtype: "int8" }), "MODEL_NOT_FOUND", "fp32");
    const whole = model("bge-reranker-v2-gemma", "tiny-reranker-gemma");
    await failing(loadReranker(whole, { cutoffLayer: 3 }), "INVALID_OPTION", "cutoffLayer");
  });

  test("an output whose head the graph has not", async () => {
    const headless = { id: "BAAI/bge-m3", directory: fixture("tiny-xlmr-cls"), dimensions: 32 };
    await failing(loadEmbedder(headless, { outputs: ["sparse"] }), "MODEL_MISMATCH", "sparse", "tools/export");
    await failing(loadReranker(headless), "MODEL_MISMATCH", "tools/export");
    await failing(loadEmbedder(fixture("tiny-bert-cls"), { outputs: ["multiVector"] }), "MODEL_MISMATCH");
    await using dense = await loadEmbedder(headless);
    const asked = dense.embed(["x"], { inputType: "document", outputs: ["dense", "multiVector"] });
    await expect(asked).rejects.toMatchObject({ code: "MODEL_MISMATCH", parameter: "outputs" });
    expect((await dense.embed(["x"], { inputType: "document" }))[0]!.dense).toHaveLength(32);
  });

  test("a head of another shape", async () => {
    const swapped = { directory: fixture("tiny-m3"), sparseOutput: "multi_vector" };
    await failing(loadEmbedder(swapped, { outputs: ["sparse"] }), "MODEL_MISMATCH", "multi_vector", "shape");
  });

  test("a reranker without its head, and an embedder taken for one", async () => {
    const facts = { id: "BAAI/bge-reranker-v2-gemma", directory: fixture("tiny-gemma2") };
    await failing(loadReranker(facts), "MODEL_MISMATCH");
    await failing(loadEmbedder(fixture("tiny-reranker-gemma")), "MODEL_MISMATCH", "reranker");
  });

  test("padding on the left of a model whose positions are absolute", async () => {
    await failing(loadEmbedder({ directory: fixture("tiny-bert-cls"), padding: "left" }), "MODEL_MISMATCH", "padding");
  });

  test("a model that is out of scope", async () => {
    await failing(loadReranker("bge-reranker-v2.5-gemma2-lightweight"), "UNSUPPORTED_MODEL", "compression");
  });
});

test("a text without any token is an error of its own, and loses nothing", async () => {
  await using embedder = await loadEmbedder(model("bge-code-v1", "tiny-code"), { queryInstruction: false });
  const texts = ["a", "", "b"];
  const [a, b] = await embedder.embedDocuments(["a", "b"]);
  await expect(embedder.embedDocuments(texts)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    indices: [1],
    completed: [a, undefined, b],
  });
});
