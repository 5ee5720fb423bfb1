import { BgeError, listed } from "../api/errors.js";
import type { Dtype, ModelSpec, Pooling } from "../api/model.js";
import { bad, listIn } from "./answers.js";
import type { Dialect } from "./dialect.js";
import { Refusal } from "./failure.js";
import type { Client } from "./http.js";

/** What a server says of its model. */
export interface ServerFacts {
  /** Its name for the model. */
  readonly model: string | undefined;
  readonly revision?: string;
  readonly kind?: "embedding" | "reranker";
  readonly dtype?: Dtype;
  readonly pooling?: Pooling;
  readonly sparse?: boolean;
  readonly maxTokens?: number;
  readonly maxBatchTexts?: number;
}

const DTYPES: Readonly<Record<string, Dtype>> = { float32: "fp32", float16: "fp16", int8: "int8" };
const POOLINGS: Readonly<Record<string, Pooling>> = { cls: "cls", mean: "mean", last_token: "last-token" };

/** Asks a server for its model and limits. @throws BgeError `MODEL_MISMATCH` if it does not have the model `asked` for */
export async function askServer(
  client: Client,
  dialect: Dialect,
  address: string,
  { asked, kind }: { readonly asked: string | undefined; readonly kind: ModelSpec["kind"] },
  signal: AbortSignal,
): Promise<ServerFacts> {
  if (dialect.api === "tei") {
    const facts = teiFacts((await client.send(address, "/info", undefined, signal)).json, kind);
    return { ...facts, model: named(address, asked, [facts.model!]) };
  }
  const names = await modelNames(client, dialect, address, signal);
  return { model: names === undefined ? asked : named(address, asked, names) };
}

/** Returns the names of a server's models, or undefined if it lists none, as not every server does. */
async function modelNames(
  client: Client,
  { models }: Dialect,
  address: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (models === undefined) return undefined;
  try {
    const { json } = await client.send(address, models, undefined, signal);
    if (json === undefined) return undefined;
    return listIn(json, "data").map((model) => String((model as { readonly id?: unknown } | null)?.id));
  } catch (failure) {
    if (failure instanceof Refusal && [404, 405, 501].includes(failure.status)) return undefined;
    throw failure;
  }
}

function named(address: string, asked: string | undefined, names: readonly string[]): string {
  if (asked === undefined) {
    if (names.length === 1) return names[0]!;
    const message = `${address} has ${names.length} models (${listed(names)}). Say which: model.`;
    throw new BgeError("MODEL_MISMATCH", message, { parameter: "model" });
  }
  // Ollama's names have a tag.
  if (names.includes(asked) || names.includes(`${asked}:latest`)) return asked;
  throw new BgeError(
    "MODEL_MISMATCH",
    `${address} has ${listed(names)}, not ${asked}. Give the server's own name as model, and the model whose facts apply as id.`,
    { parameter: "model" },
  );
}

function teiFacts(json: unknown, wanted: ModelSpec["kind"]): ServerFacts {
  const info = (json ?? {}) as Readonly<Record<string, unknown>>;
  const { model_id, model_sha, model_dtype, model_type, max_input_length } = info;
  if (typeof model_id !== "string" || !isCount(max_input_length)) {
    throw bad("/info states no model_id and max_input_length: is this a server of api tei?");
  }
  const type = (model_type ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  // @bge-js/server may have both kinds of model.
  const second = wanted === "reranker" && "embedding" in type ? type["reranker"] : undefined;
  if (typeof second?.["model_id"] === "string" && isCount(second["max_input_length"])) {
    const { embedding: _, ...rest } = type;
    const own = { model_id: second["model_id"], max_input_length: second["max_input_length"], model_type: rest };
    return teiFacts({ ...info, ...own }, wanted);
  }
  const pooling = String(type["embedding"]?.["pooling"] ?? "");
  const most = [info["max_client_batch_size"], info["max_concurrent_requests"]].filter(isCount);
  return {
    model: model_id,
    maxTokens: max_input_length,
    kind: "embedding" in type ? "embedding" : "reranker",
    sparse: pooling === "splade",
    ...(typeof model_sha === "string" && { revision: model_sha }),
    ...(DTYPES[String(model_dtype)] && { dtype: DTYPES[String(model_dtype)]! }),
    ...(POOLINGS[pooling] && { pooling: POOLINGS[pooling]! }),
    // Each text takes one of the concurrent requests, so a larger batch would always be refused.
    ...(most.length > 0 && { maxBatchTexts: Math.min(...most) }),
  };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}
