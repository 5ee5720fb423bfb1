import { describe, expectTypeOf, test } from "vitest";
import {
  BgeError,
  type BgeErrorCode,
  type BgeEvents,
  type Calibration,
  calibrate,
  calibrateRanges,
  type Dtype,
  type Embedder,
  type EmbedderOptions,
  type EmbeddingSpec,
  type EmbedStreamOptions,
  type LoadOptions,
  loadEmbedder,
  loadReranker,
  MODELS,
  type ModelReference,
  type ModelSource,
  type ModelSpec,
  type OpenSource,
  onEvent,
  pullModel,
  type QuantizationRanges,
  quantize,
  type RankedDocument,
  type RemoteModel,
  type Reranker,
  type RerankerOptions,
  type RerankerSpec,
  type RerankOptions,
  resolveModel,
  type Scale,
  type ScoredPair,
  type ServedSource,
  type SparseVector,
  scorePairs,
  similarity,
  type TextEmbedding,
  type TokenVectors,
  type TruncationReport,
  topK,
  topKQuantized,
} from "./index.js";

declare const embedder: Embedder;
declare const reranker: Reranker;
declare const signal: AbortSignal;
declare const ranges: QuantizationRanges;

describe("the loaders", () => {
  test("take an id, a folder, a reference or nothing, and options", () => {
    expectTypeOf(loadEmbedder).returns.resolves.toEqualTypeOf<Embedder>();
    expectTypeOf(loadReranker).returns.resolves.toEqualTypeOf<Reranker>();
    expectTypeOf(loadEmbedder).parameter(0).toEqualTypeOf<string | URL | ModelReference | RemoteModel | undefined>();
    expectTypeOf(loadReranker).parameter(0).toEqualTypeOf<string | URL | ModelReference | RemoteModel | undefined>();
    expectTypeOf(loadEmbedder).parameter(1).toEqualTypeOf<EmbedderOptions | undefined>();
    expectTypeOf(loadReranker).parameter(1).toEqualTypeOf<RerankerOptions | undefined>();
    expectTypeOf(loadEmbedder).toBeCallableWith();
    expectTypeOf(loadEmbedder).toBeCallableWith({ directory: "./x", pooling: "mean" });
    expectTypeOf(loadEmbedder).toBeCallableWith(undefined, { dtype: "q8", queryInstruction: false });
    expectTypeOf(loadEmbedder).toBeCallableWith(MODELS[0]);
    expectTypeOf(loadReranker).toBeCallableWith("x", {
      revision: "v1",
      download: false,
      onDownload: ({ bytes }) => bytes,
    });
  });

  test("take a model behind a server", () => {
    expectTypeOf(loadEmbedder).toBeCallableWith({ url: "http://localhost:8080", api: "tei" });
    expectTypeOf(loadReranker).toBeCallableWith({
      url: [new URL("http://localhost:8000/v1")],
      api: "nim",
      model: "x",
      apiKey: { env: "KEY" },
    });
    // @ts-expect-error no such dialect
    loadEmbedder({ url: "http://localhost", api: "grpc" });
    // @ts-expect-error a key is never given itself
    loadEmbedder({ url: "http://localhost", api: "tei", apiKey: "secret" });
  });

  test("reject unknown options and values", () => {
    // @ts-expect-error an unknown option
    loadEmbedder("x", { quantized: true });
    // @ts-expect-error `true` is not an instruction
    loadEmbedder("x", { queryInstruction: true });
    // @ts-expect-error an unknown precision
    loadReranker("x", { dtype: "int4" });
    // @ts-expect-error core knows logit and sigmoid
    loadReranker("x", { scale: "cosine" });
    // @ts-expect-error an embedder has no scores
    loadEmbedder("x", { scale: "logit" });
    // @ts-expect-error a reranker has no examples
    loadReranker("x", { examples: [] });
    // @ts-expect-error an unknown fact
    loadEmbedder({ id: "x", normalize: false });
  });

  test("have readonly options", () => {
    expectTypeOf<LoadOptions>().toEqualTypeOf<Readonly<LoadOptions>>();
    expectTypeOf<EmbedderOptions>().toEqualTypeOf<Readonly<EmbedderOptions>>();
    expectTypeOf<RerankerOptions>().toEqualTypeOf<Readonly<RerankerOptions>>();
    expectTypeOf<Pick<ModelReference, "pooling" | "id">>().toEqualTypeOf<
      Readonly<Pick<ModelReference, "pooling" | "id">>
    >();
    expectTypeOf<RerankOptions>().toEqualTypeOf<Readonly<RerankOptions>>();
    expectTypeOf<EmbedStreamOptions>().toEqualTypeOf<Readonly<EmbedStreamOptions>>();
    expectTypeOf<TruncationReport>().toEqualTypeOf<Readonly<TruncationReport>>();
    expectTypeOf<LoadOptions["dtype"]>().toEqualTypeOf<Dtype | "q8" | undefined>();
  });
});

describe("an embedder", () => {
  test("returns Float32Arrays", () => {
    expectTypeOf(embedder.embedQuery("x")).resolves.toEqualTypeOf<Float32Array>();
    expectTypeOf(embedder.embedQuery("x", { signal })).resolves.toEqualTypeOf<Float32Array>();
    expectTypeOf(embedder.embedDocuments(["x"])).resolves.toEqualTypeOf<Float32Array[]>();
    expectTypeOf(embedder.embedTokens(["x"], { inputType: "query" })).resolves.toEqualTypeOf<TokenVectors[]>();
    // @ts-expect-error the side is a required choice
    embedder.embedTokens(["x"]);
    // @ts-expect-error an array, not one text
    embedder.embedDocuments("x");
  });

  test("accepts readonly arrays", () => {
    const frozen: readonly string[] = Object.freeze(["x"]);
    expectTypeOf(embedder.embedDocuments).toBeCallableWith(frozen, { onProgress: () => {} });
    expectTypeOf(embedder.countTokens(frozen)).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(reranker.score).toBeCallableWith("q", frozen);
  });

  test("counts one text or many", () => {
    expectTypeOf(embedder.countTokens("x")).resolves.toEqualTypeOf<number>();
    expectTypeOf(embedder.countTokens(["x"], { inputType: "query" })).resolves.toEqualTypeOf<number[]>();
  });

  test("streams vectors, with `undefined` among them if `onError` is or may be `skip`", () => {
    type Stream<T> = AsyncGenerator<T, void, undefined>;
    expectTypeOf(embedder.embedStream(["x"])).toEqualTypeOf<Stream<Float32Array>>();
    expectTypeOf(embedder.embedStream(["x"], { onError: "throw" })).toEqualTypeOf<Stream<Float32Array>>();
    expectTypeOf(embedder.embedStream(new Set(["x"]), { signal })).toEqualTypeOf<Stream<Float32Array>>();
    expectTypeOf(embedder.embedStream(["x"], { onError: "skip" })).toEqualTypeOf<Stream<Float32Array | undefined>>();
    const open: EmbedStreamOptions = { onError: "skip" };
    expectTypeOf(embedder.embedStream(["x"], open)).toEqualTypeOf<Stream<Float32Array | TextEmbedding | undefined>>();
    async function* source() {
      yield "x";
    }
    expectTypeOf(embedder.embedStream(source())).toEqualTypeOf<Stream<Float32Array>>();
  });

  test("returns records with exactly the requested outputs", () => {
    const inputType = "document";
    expectTypeOf(embedder.embed(["x"], { inputType })).resolves.toEqualTypeOf<{ readonly dense: Float32Array }[]>();
    expectTypeOf(embedder.embed(["x"], { inputType, outputs: ["sparse", "multiVector"] })).resolves.toEqualTypeOf<
      { readonly sparse: SparseVector; readonly multiVector: TokenVectors }[]
    >();
    expectTypeOf(embedder.embed(["x"], { inputType, outputs: ["ubinary", "tokenCount"] })).resolves.toEqualTypeOf<
      { readonly ubinary: Uint8Array; readonly tokenCount: number }[]
    >();
    expectTypeOf(embedder.embed(["x"], { inputType, outputs: ["int8"], ranges })).resolves.toEqualTypeOf<
      { readonly int8: Int8Array }[]
    >();
    // @ts-expect-error no such output
    embedder.embed(["x"], { inputType, outputs: ["int4"] });
    const streamed = embedder.embedStream(["x"], { outputs: ["dense", "sparse"] });
    expectTypeOf(streamed).toEqualTypeOf<
      AsyncGenerator<{ readonly dense: Float32Array; readonly sparse: SparseVector }, void, undefined>
    >();
    // @ts-expect-error a side must be named
    embedder.embed(["x"], {});
    // @ts-expect-error an unknown output
    embedder.embed(["x"], { inputType, outputs: ["colbert"] });
  });

  test("is disposable, and describes its model", () => {
    expectTypeOf<Embedder>().toExtend<AsyncDisposable>();
    expectTypeOf(embedder.spec).toEqualTypeOf<EmbeddingSpec>();
    expectTypeOf(embedder.source).toEqualTypeOf<OpenSource | ServedSource>();
    expectTypeOf(embedder.source.device).toEqualTypeOf<"cpu" | "cuda" | "coreml" | "dml" | "webgpu" | "server">();
    if (embedder.source.from !== "server") expectTypeOf(embedder.source).toExtend<ModelSource>();
    expectTypeOf(embedder.dispose).returns.resolves.toBeVoid();
    // @ts-expect-error facts are readonly
    embedder.spec.dimensions = 3;
  });
});

describe("a reranker", () => {
  test("returns scores, and ranked documents", () => {
    expectTypeOf(reranker.score("q", ["d"], { signal })).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(reranker.rerank("q", ["d"], { topN: 3, threshold: 0.5 })).resolves.toEqualTypeOf<RankedDocument[]>();
    expectTypeOf<RankedDocument>().toEqualTypeOf<{
      readonly index: number;
      readonly score: number;
      readonly read?: boolean;
    }>();
  });

  test("may be given a budget, and tells what did not fit", () => {
    expectTypeOf(reranker.rerank).toBeCallableWith("q", ["d"], {
      budgetMs: 50,
      onSkipped: ([first]) => expectTypeOf(first!.stage).toEqualTypeOf<"lateInteraction" | "crossEncoder" | "hybrid">(),
    });
  });

  test("says what kind it is", () => {
    expectTypeOf(reranker.kind).toEqualTypeOf<"cross-encoder" | "late-interaction" | "hybrid" | "fused">();
    expectTypeOf(reranker.scale).toEqualTypeOf<Scale>();
    expectTypeOf(reranker.spec).toEqualTypeOf<ModelSpec>();
    expectTypeOf<Reranker>().toExtend<AsyncDisposable>();
  });
});

test("vectors may be compared as Float32Arrays or plain arrays", () => {
  const vector = new Float32Array(3);
  expectTypeOf(similarity(vector, [1, 2, 3])).toBeNumber();
  expectTypeOf(topK(vector, [vector, [1, 2, 3]], 2)).toEqualTypeOf<RankedDocument[]>();
  // @ts-expect-error k is required
  topK(vector, [vector]);
});

test("pullModel takes what it needs", () => {
  expectTypeOf(pullModel).toBeCallableWith("x", { dtype: "int8", revision: "main", token: false });
});

test("a spec's kind narrows its type", () => {
  const { spec } = resolveModel();
  if (spec.kind === "embedding") expectTypeOf(spec).toEqualTypeOf<EmbeddingSpec>();
  else expectTypeOf(spec).toEqualTypeOf<RerankerSpec>();
  // @ts-expect-error not every model has vectors
  spec.dimensions;
});

test("the model table keeps its facts as literals", () => {
  expectTypeOf<(typeof MODELS)[number]["id"]>().not.toEqualTypeOf<string>();
  expectTypeOf<"BAAI/bge-m3">().toExtend<(typeof MODELS)[number]["id"]>();
  expectTypeOf(MODELS).toExtend<readonly ModelSpec[]>();
});

test("an error has a code and details", () => {
  const error = new BgeError("INVALID_INPUT", "bad", { indices: [1] });
  expectTypeOf(error).toExtend<Error>();
  expectTypeOf(error.code).toEqualTypeOf<BgeErrorCode>();
  expectTypeOf(error.indices).toEqualTypeOf<readonly number[] | undefined>();
  // @ts-expect-error an unknown code
  new BgeError("OOPS", "bad");
});

describe("events", () => {
  test("have the type of their channel", () => {
    const stop = onEvent("bge-js:call", (event) => {
      expectTypeOf(event).toEqualTypeOf<BgeEvents["bge-js:call"]>();
      expectTypeOf(event.durationMs).toBeNumber();
      // @ts-expect-error no event contains a text
      event.text;
    });
    expectTypeOf(stop).toEqualTypeOf<() => void>();
    expectTypeOf<keyof BgeEvents>().toExtend<`bge-js:${string}`>();
    // @ts-expect-error an unknown channel
    onEvent("bge-js:texts", () => {});
  });

  test("a folder may be a URL, and a graph may be chosen by name", () => {
    expectTypeOf(loadEmbedder).toBeCallableWith(new URL("file:///x"));
    expectTypeOf(loadEmbedder).toBeCallableWith({ directory: new URL("file:///x"), file: "onnx/model_O3.onnx" });
    // @ts-expect-error vectors are only compared by cosine
    loadEmbedder({ id: "x", similarity: "dot" });
  });

  test("device and canaries are options", () => {
    expectTypeOf(loadEmbedder).toBeCallableWith(undefined, { device: "auto", canaries: false });
    // @ts-expect-error an unknown device
    loadEmbedder(undefined, { device: "gpu" });
  });
});

describe("small vectors", () => {
  const vectors: readonly Float32Array[] = [];

  test("have the type of their precision, and ranges where there are some", () => {
    expectTypeOf(calibrateRanges(vectors)).toEqualTypeOf<QuantizationRanges>();
    expectTypeOf(quantize(vectors, { precision: "int8", ranges })).toEqualTypeOf<Int8Array[]>();
    expectTypeOf(quantize(vectors, { precision: "uint8", ranges })).toEqualTypeOf<Uint8Array[]>();
    expectTypeOf(quantize([[1, 2]], { precision: "binary" })).toEqualTypeOf<Int8Array[]>();
    expectTypeOf(quantize(vectors, { precision: "ubinary" })).toEqualTypeOf<Uint8Array[]>();
    // @ts-expect-error int8 needs ranges
    quantize(vectors, { precision: "int8" });
    // @ts-expect-error binary has none
    quantize(vectors, { precision: "binary", ranges });
    // @ts-expect-error no such precision
    quantize(vectors, { precision: "int4" });
  });

  test("are ranked by a query that is not quantized", () => {
    const bits = { precision: "ubinary", rescoreMultiplier: 2 } as const;
    expectTypeOf(topKQuantized(new Float32Array(8), [Buffer.alloc(1)], 3, bits)).toEqualTypeOf<RankedDocument[]>();
    // @ts-expect-error int8 needs ranges
    topKQuantized([1], [new Int8Array(1)], 3, { precision: "int8" });
  });
});

test("a threshold by labelled pairs", () => {
  const pairs = [{ query: "a", document: "b", relevant: true }] as const;
  expectTypeOf(scorePairs(embedder, pairs, { symmetric: true, signal })).resolves.toEqualTypeOf<ScoredPair[]>();
  expectTypeOf(scorePairs(reranker, pairs)).resolves.toEqualTypeOf<ScoredPair[]>();
  expectTypeOf(calibrate([{ score: 0.8, relevant: true }])).resolves.toEqualTypeOf<Calibration>();
  expectTypeOf(calibrate).toBeCallableWith([], { criterion: { precision: 0.9 } });
  // @ts-expect-error one criterion
  calibrate([], { criterion: { precision: 0.9, recall: 0.9 } });
  // @ts-expect-error no such criterion
  calibrate([], { criterion: "accuracy" });
});
