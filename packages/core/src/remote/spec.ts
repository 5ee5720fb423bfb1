import { createHash } from "node:crypto";
import { BgeError } from "../api/errors.js";
import type { EmbeddingSpec, ModelSpec, RerankerSpec, ServedSource } from "../api/model.js";
import { findModel } from "../model/table.js";
import type { RemoteReference } from "./reference.js";
import type { ServerFacts } from "./server-facts.js";

/** Names in the place of a graph's outputs. */
export const SERVED_OUTPUTS = { main: "vector", sparse: "sparse" } as const;

/** Returns the facts of an embedding model behind a server: the caller's, the server's, those of the model table. */
export function servedEmbedding(
  reference: RemoteReference,
  facts: ServerFacts,
  { width, sparse }: { readonly width: number; readonly sparse: boolean },
): EmbeddingSpec {
  const id = idOf(reference, facts);
  const known = knownOf(id, "embedding", facts);
  if (known?.fewShot !== undefined) {
    throw new BgeError(
      "UNSUPPORTED_MODEL",
      `${id} needs its tokenizer to put examples before queries, so it runs on this machine only.`,
      {
        parameter: "model",
      },
    );
  }
  const dimensions = reference.dimensions ?? known?.dimensions ?? width;
  if (dimensions !== width) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `The server's vectors have ${width} numbers, and those of ${id} ${dimensions}.`,
      {
        parameter: "dimensions",
      },
    );
  }
  const { tasks, ...instructions } = instructionsOf(id, reference, known);
  return {
    kind: "embedding",
    id,
    architecture: reference.architecture ?? known?.architecture ?? "unknown",
    pooling: reference.pooling ?? facts.pooling ?? known?.pooling ?? "unknown",
    dimensions,
    ...limitsOf(id, reference, facts, known),
    similarity: "cosine",
    ...instructions,
    ...(tasks === undefined ? {} : { tasks }),
    output: SERVED_OUTPUTS.main,
    ...(sparse ? { sparseOutput: SERVED_OUTPUTS.sparse } : {}),
    licence: reference.licence ?? known?.licence ?? "unknown",
  };
}

/** Returns the facts of a reranker behind a server. */
export function servedReranker(reference: RemoteReference, facts: ServerFacts): RerankerSpec {
  const id = idOf(reference, facts);
  const known = knownOf(id, "reranker", facts);
  return {
    kind: "reranker",
    id,
    architecture: reference.architecture ?? known?.architecture ?? "unknown",
    ...limitsOf(id, reference, facts, known),
    ...(known?.fusedWeight === undefined ? {} : { fusedWeight: known.fusedWeight }),
    licence: reference.licence ?? known?.licence ?? "unknown",
  };
}

export function servedSource({ addresses }: RemoteReference, facts: ServerFacts): ServedSource {
  const { model, revision, dtype = "unknown" } = facts;
  const identity = JSON.stringify([model, revision, dtype]);
  return {
    from: "server",
    addresses,
    directory: addresses[0]!,
    file: addresses[0]!,
    ...(model === undefined ? {} : { served: model }),
    dtype,
    batching: "alone",
    optimized: false,
    fingerprint: createHash("sha256").update(identity).digest("hex").slice(0, 16),
    device: "server",
  };
}

function idOf({ id, model }: RemoteReference, facts: ServerFacts): string {
  const found = id ?? model ?? facts.model;
  if (found !== undefined) return found;
  throw new BgeError("MODEL_MISMATCH", "The server does not say which model it has. Give its name: model.", {
    parameter: "model",
  });
}

function knownOf<K extends ModelSpec["kind"]>(id: string, kind: K, facts: ServerFacts) {
  const known = findModel(id);
  if ((known !== undefined && known.kind !== kind) || (facts.kind !== undefined && facts.kind !== kind)) {
    const other =
      kind === "embedding" ? "a reranker: load it with loadReranker" : "an embedding model: load it with loadEmbedder";
    throw new BgeError("MODEL_MISMATCH", `${id} is ${other}.`, { parameter: "model" });
  }
  return known as Extract<ModelSpec, { kind: K }> | undefined;
}

function instructionsOf(
  id: string,
  { queryInstruction, documentInstruction, queryFormat, instructions, api }: RemoteReference,
  known: EmbeddingSpec | undefined,
) {
  if ((instructions ?? (api === "nim" ? "server" : "client")) === "server") return { queryInstruction: "" };
  const query = queryInstruction ?? known?.queryInstruction;
  if (query === undefined) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `The model table does not know ${id}, and an instruction is never guessed. Give queryInstruction ("" for none), the id ` +
        'of a known model, or instructions: "server".',
      { parameter: "queryInstruction" },
    );
  }
  const document = documentInstruction ?? known?.documentInstruction;
  const format = queryFormat ?? known?.queryFormat;
  return {
    queryInstruction: query,
    ...(document === undefined ? {} : { documentInstruction: document }),
    ...(format === undefined ? {} : { queryFormat: format }),
    ...(queryInstruction === undefined && known?.tasks !== undefined ? { tasks: known.tasks } : {}),
  };
}

/** The server decides where a text is cut, so its word comes first. */
function limitsOf(id: string, { maxTokens }: RemoteReference, facts: ServerFacts, known: ModelSpec | undefined) {
  const most = facts.maxTokens ?? maxTokens ?? known?.defaultMaxTokens ?? known?.maxTokens;
  if (most !== undefined) return { maxTokens: most };
  throw new BgeError(
    "MODEL_MISMATCH",
    `Neither the server nor the model table states the maxTokens of ${id}. Give it.`,
    {
      parameter: "maxTokens",
    },
  );
}
