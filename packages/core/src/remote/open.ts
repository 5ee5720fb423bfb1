import { invalid } from "../api/errors.js";
import { outcomeOf, publish, startStopwatch } from "../api/events.js";
import type { EmbeddingSpec, ModelSpec, ServedSource } from "../api/model.js";
import type { EmbedderOptions, RerankerOptions } from "../api/options.js";
import type { RemoteModel } from "../api/remote.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import { HttpFailure } from "../hub/http-failure.js";
import { PATIENCE, withRetries } from "../hub/retry.js";
import { refuse } from "../model/options.js";
import type { ModelInfo } from "../protocol.js";
import type { Dialect } from "./dialect.js";
import { createRemoteEngine } from "./engine.js";
import { loadError } from "./failure.js";
import { type Client, createClient } from "./http.js";
import { nimDialect } from "./nim.js";
import { openaiDialect } from "./openai.js";
import { overlongWarning } from "./overlong-warning.js";
import { checkAlike } from "./probe.js";
import { checkRemote, type RemoteReference } from "./reference.js";
import { askServer, type ServerFacts } from "./server-facts.js";
import { createServers } from "./servers.js";
import { servedSource } from "./spec.js";
import { teiDialect } from "./tei.js";

const CONCURRENCY = 4;
const ATTEMPTS = 5;
const BATCH_CHARACTERS = 1 << 16;

/** What one kind of model needs to be opened. */
export interface ServedKind<P> {
  readonly kind: ModelSpec["kind"];
  /** Sends something small to a server, and returns its numbers. */
  readonly probe: (
    client: Client,
    dialect: Dialect,
    address: string,
    reference: RemoteReference,
    signal: AbortSignal,
  ) => Promise<Float32Array>;
  /** True if the probe's numbers are a logit. */
  readonly logits: boolean;
  readonly specOf: (reference: RemoteReference, facts: ServerFacts, probed: Float32Array) => ModelSpec;
  /** Throws if the options do not fit the model. */
  readonly planFor: (spec: ModelSpec, reference: RemoteReference, dialect: Dialect) => P;
}

export interface OpenServed<P> {
  readonly spec: ModelSpec;
  readonly source: ServedSource;
  readonly engine: SharedEngine;
  readonly plan: P;
  readonly reference: RemoteReference;
}

type ServedOptions = Omit<EmbedderOptions, "keep"> & Omit<RerankerOptions, "keep"> & { readonly keep?: unknown };

/** Asks the servers of a model what they have, checks that all have the same, and opens an engine over them. */
export async function openServed<P>(
  model: RemoteModel,
  options: ServedOptions,
  { kind, probe, logits, specOf, planFor }: ServedKind<P>,
): Promise<OpenServed<P>> {
  const reference = checkRemote(model);
  refuse(options, OF_THIS_MACHINE, "the model runs on a server");
  const { addresses, concurrency = CONCURRENCY, attempts = ATTEMPTS } = reference;
  const { signal = new AbortController().signal, truncation } = options;
  const client = createClient(reference);
  const watch = startStopwatch();
  const about = (id: string, dtype: ServedSource["dtype"]) => ({ model: id, dtype, device: "server" }) as const;
  try {
    // Until the server has said its name, the asked one is sent.
    const first = dialectOf(reference, reference.model);
    const open = async (address: string) => {
      const facts = await askServer(client, first, address, { asked: reference.model, kind }, signal);
      const dialect = dialectOf(reference, facts.model);
      return { address, facts, dialect, probed: await probe(client, dialect, address, reference, signal) };
    };
    const patience = { ...PATIENCE, failures: attempts };
    const opened = await Promise.allSettled(addresses.map((one) => withRetries(() => open(one), patience, signal)));
    signal.throwIfAborted();
    const well = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const [found] = well;
    const failed = opened.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    // One that has another model is an error, and one that is away may come back.
    const wrong = failed.find((failure) => !(failure instanceof HttpFailure && failure.retriable));
    if (wrong !== undefined || found === undefined) throw wrong ?? failed[0];
    const { facts, dialect, probed } = found;
    for (const other of well) checkAlike(other.address, other.probed, probed, logits);
    if (truncation === "error" && dialect.overlong === "unknown") {
      throw invalid(
        "truncation",
        `cannot be "error": a server of api "${dialect.api}" does not say which texts it cuts`,
      );
    }
    const spec = specOf(reference, facts, probed);
    const plan = planFor(spec, reference, dialect);
    const source = servedSource(reference, facts);
    const servers = createServers(addresses, concurrency);
    for (const [i, one] of opened.entries()) {
      if (one.status === "rejected") servers.failed(servers.all[i]!, one.reason as HttpFailure);
    }
    const engine = createRemoteEngine({
      about: about(spec.id, source.dtype),
      info: infoOf(spec, dialect),
      client,
      dialect,
      servers,
      limits: {
        texts: Math.min(
          ...[facts.maxBatchTexts ?? dialect.maxBatchTexts, reference.maxBatchTexts].filter((n) => n !== undefined),
        ),
        characters: reference.maxBatchCharacters ?? BATCH_CHARACTERS,
      },
      maxTokens: spec.maxTokens,
      width: spec.kind === "embedding" ? spec.dimensions : undefined,
      mayCut: truncation !== "error",
      mayHaveCut: dialect.overlong === "unknown" ? overlongWarning(spec.id, spec.maxTokens, options) : undefined,
      attempts,
      maxQueuedTokens: options.maxQueuedTokens,
      async check(address, signal) {
        await client.send(address, dialect.health, undefined, signal);
        const theirs = await probe(client, dialect, address, reference, signal);
        checkAlike(address, theirs, probed, logits);
      },
    });
    publish("bge-js:load", () => ({ ...engine.about, from: "server", outcome: "ok", ...watch.read() }));
    return { spec, source, engine, plan, reference };
  } catch (thrown) {
    client.close();
    const error = signal.aborted ? signal.reason : thrown instanceof HttpFailure ? loadError(thrown) : thrown;
    const id = reference.id ?? reference.model ?? "unknown";
    const outcome = outcomeOf(error, signal);
    publish("bge-js:load", () => ({ ...about(id, "unknown"), from: "server", outcome, ...watch.read() }));
    throw error;
  }
}

/** Options about files, threads and devices. */
const OF_THIS_MACHINE = [
  "dtype",
  "maxTokens",
  "threads",
  "workers",
  "isolation",
  "retryLost",
  "device",
  "canaries",
  "revision",
  "download",
  "onDownload",
  "endpoint",
  "examples",
  "cutoffLayer",
  "weights",
  "keep",
] as const satisfies readonly (keyof ServedOptions)[];

function dialectOf({ api, path }: RemoteReference, model: string | undefined): Dialect {
  if (api === "tei") return teiDialect(path);
  return api === "nim" ? nimDialect(model, path) : openaiDialect(api, model, path);
}

/** What the engine of a model with files reads from its graph. */
function infoOf(spec: ModelSpec, dialect: Dialect): ModelInfo {
  const { output, sparseOutput } = spec as EmbeddingSpec;
  const outputs = [output, sparseOutput].filter((name) => name !== undefined);
  const hasTokens = dialect.outputs.includes("tokens");
  const shapes = output === undefined ? {} : { [output]: hasTokens ? [1, 1, 1] : [1, 1] };
  return { inputs: [], outputs, probe: { tokens: 0, shapes }, frame: { single: 0, pair: 0, tail: 0 } };
}
