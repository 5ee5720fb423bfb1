import { BgeError, type Embedder } from "@bge-js/core";
import { HttpFailure, invalid, listed, vectorFacts } from "@bge-js/core/adapter";
import type { QdrantClient, Schemas } from "@qdrant/js-client-rest";
import type { CollectionOptions } from "./api.js";
import { ADD_PATIENCE, ask } from "./failures.js";
import type { Reader } from "./reader.js";

type VectorParams = Schemas["VectorParams"];

/** What a collection remembers of what made it, under `KEY` in its metadata. */
export interface Facts {
  readonly version: 1;
  /** Everything that affects a vector. */
  readonly model: Record<string, unknown>;
  /** Absent with a model's own lexical weights, and before the first documents. */
  readonly averageWords?: number;
}

const KEY = "bge-js";

/** A collection that was made or checked. */
export interface Collection {
  readonly client: QdrantClient;
  readonly name: string;
  /** Changes once, when the mean length is fixed. */
  facts: Facts;
}

/**
 * Opens a collection, and creates it if it is missing. Its vectors are named after the stages: `dense`, `lexical`
 * (sparse), `lateInteraction` (a multivector, found by way of the others and so without a graph).
 *
 * @throws BgeError `STORE_MISMATCH` for a collection of another model or shape; `STORE_FAILED`
 */
export async function openCollection(
  client: QdrantClient,
  name: string,
  embedder: Embedder,
  reader: Reader,
  options: CollectionOptions,
  signal: AbortSignal | undefined,
): Promise<Collection> {
  const facts = factsOf(embedder, reader, options);
  const shape = shapeOf(embedder, reader, options);
  let known = await describe(client, name, signal);
  if (known === undefined) {
    try {
      // The client's own createCollection leaves metadata out.
      const body = { collection_name: name, ...shape, metadata: { [KEY]: facts } };
      await ask(`create the collection ${name}`, () => client.api().createCollection(body), signal);
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!isConflict(error)) throw error;
    }
    known = await describe(client, name, signal);
  }
  const collection = { client, name, facts: checked(name, known, facts, shape, options) };
  if (facts.averageWords !== undefined) await fixAverageWords(collection, facts.averageWords, signal);
  const { averageWords } = collection.facts;
  if (facts.averageWords === undefined || facts.averageWords === averageWords) return collection;
  throw mismatch(name, `counts lengths by averageWords ${averageWords}, not ${facts.averageWords}`);
}

/** Stores the mean length of documents, unless the collection has one, and notes and returns what it has. */
export async function fixAverageWords(
  collection: Collection,
  measured: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { client, name } = collection;
  const look = async () => {
    const { config } = await ask(`describe ${name}`, () => client.getCollection(name), signal, ADD_PATIENCE);
    collection.facts = { ...collection.facts, ...(config.metadata?.[KEY] as Facts | undefined) };
    return collection.facts.averageWords;
  };
  const known = collection.facts.averageWords ?? (await look());
  if (known !== undefined) return known;
  const metadata = { [KEY]: { ...collection.facts, averageWords: measured } };
  const request = () => client.updateCollection(name, { metadata });
  await ask(`change the metadata of ${name}`, request, signal, ADD_PATIENCE);
  const fixed = await look();
  if (fixed === undefined) throw mismatch(name, "did not keep its metadata: Qdrant 1.16 or later is needed");
  return fixed;
}

type Shape = Pick<Schemas["CreateCollection"], "sparse_vectors"> & { readonly vectors: Record<string, VectorParams> };

function shapeOf({ dimensions }: Embedder, reader: Reader, { quantization, onDisk }: CollectionOptions): Shape {
  return {
    vectors: {
      dense: {
        size: dimensions,
        distance: "Cosine",
        ...(onDisk && { on_disk: true }),
        ...(quantization && { quantization_config: QUANTIZATION[quantization] }),
      },
      ...(reader.rowDimensions !== undefined && {
        // Read for the candidates alone. Rows are pooled, and their lengths count: no Cosine, which would normalise them.
        lateInteraction: {
          size: reader.rowDimensions,
          distance: "Dot",
          datatype: "float16",
          on_disk: true,
          multivector_config: { comparator: "max_sim" },
          hnsw_config: { m: 0 },
        },
      }),
    },
    sparse_vectors: {
      lexical: {
        modifier: reader.ownWeights ? "none" : "idf",
        ...(onDisk && { index: { on_disk: true } }),
      },
    },
  };
}

const QUANTIZATION = {
  int8: { scalar: { type: "int8", quantile: 0.99, always_ram: true } },
  binary: { binary: { always_ram: true } },
} as const;

function factsOf(embedder: Embedder, reader: Reader, { averageWords }: CollectionOptions): Facts {
  if (averageWords !== undefined && reader.ownWeights) {
    throw invalid(
      "averageWords",
      `does not apply to ${embedder.spec.id}, whose own weights are stored instead of words`,
    );
  }
  const model = vectorFacts(embedder, embedder.source.device);
  return { version: 1, model, ...(averageWords !== undefined && { averageWords }) };
}

type Info = Schemas["CollectionInfo"];

async function describe(client: QdrantClient, name: string, signal: AbortSignal | undefined) {
  try {
    return await ask(`describe the collection ${name}`, () => client.getCollection(name), signal);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Returns the facts of a collection that has this model and shape. */
function checked(name: string, info: Info | undefined, facts: Facts, shape: Shape, options: CollectionOptions): Facts {
  if (info === undefined) throw mismatch(name, "was just created and is gone again");
  const { params, metadata } = info.config;
  const stored = metadata?.[KEY] as Facts | undefined;
  if (typeof stored?.model !== "object") {
    throw mismatch(
      name,
      "was not made by @bge-js/qdrant, or by a server that keeps no metadata of collections: Qdrant 1.16 or later is needed",
    );
  }
  if (stored.version !== facts.version) {
    throw mismatch(name, `is of version ${stored.version}, and this release reads version ${facts.version}`);
  }
  const names = [...new Set([...Object.keys(stored.model), ...Object.keys(facts.model)])];
  const others = names.filter((key) => JSON.stringify(stored.model[key]) !== JSON.stringify(facts.model[key]));
  if (others.length > 0) {
    const shown = others.map(
      (key) => `${key} is ${JSON.stringify(stored.model[key])}, not ${JSON.stringify(facts.model[key])}`,
    );
    throw mismatch(name, `holds the vectors of another model: its ${listed(shown)}`);
  }
  const problem = differenceOf(params, shape, options);
  if (problem !== undefined) throw mismatch(name, problem);
  return stored;
}

function differenceOf(params: Info["config"]["params"], shape: Shape, options: CollectionOptions): string | undefined {
  const vectors = (params.vectors ?? {}) as Record<string, VectorParams | undefined>;
  for (const [vector, wanted] of Object.entries(shape.vectors)) {
    const found = vectors[vector];
    if (found === undefined)
      return `has no vector ${vector}${vector === "lateInteraction" ? ": pass lateInteraction: false" : ""}`;
    for (const key of ["size", "distance"] as const) {
      if (found[key] !== wanted[key]) return `has ${key} ${found[key]} for ${vector}, not ${wanted[key]}`;
    }
    const isMulti = found.multivector_config?.comparator === "max_sim";
    if (isMulti !== (wanted.multivector_config !== undefined))
      return `has a ${vector} that is ${isMulti ? "a" : "no"} multivector`;
  }
  if (shape.vectors["lateInteraction"] === undefined && vectors["lateInteraction"] !== undefined) {
    return "holds token rows: pass lateInteraction: true, and leave the stage out of a search with stages";
  }
  const lexical = params.sparse_vectors?.["lexical"];
  if (lexical === undefined) return "has no sparse vector lexical";
  const [modifier, wanted] = [lexical.modifier ?? "none", shape.sparse_vectors!["lexical"]!.modifier];
  if (modifier !== wanted) return `has modifier ${modifier} for lexical, not ${wanted}`;
  const quantized = quantizationOf(vectors["dense"]);
  if (options.quantization !== undefined && quantized !== options.quantization) {
    return `has quantization ${quantized ?? "none"}, not ${options.quantization}. Leave the option out, or change the collection with client.updateCollection`;
  }
  if (options.onDisk !== undefined && (vectors["dense"]?.on_disk ?? false) !== options.onDisk) {
    return `has its dense vectors ${options.onDisk ? "in memory" : "on disk"}. Leave onDisk out, or change the collection with client.updateCollection`;
  }
  return undefined;
}

function quantizationOf(params: VectorParams | undefined): CollectionOptions["quantization"] {
  const config = params?.quantization_config;
  if (config === null || config === undefined) return undefined;
  if ("binary" in config) return "binary";
  return "scalar" in config ? "int8" : undefined;
}

function mismatch(name: string, problem: string): BgeError {
  const advice = "Nothing was changed; use another collection, or the options that it was made with.";
  return new BgeError("STORE_MISMATCH", `The collection ${name} ${problem}. ${advice}`, { parameter: "collection" });
}

function isConflict(error: unknown): boolean {
  return statusOf(error) === 409;
}

function statusOf(error: unknown): number | undefined {
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof HttpFailure ? cause.status : undefined;
}
