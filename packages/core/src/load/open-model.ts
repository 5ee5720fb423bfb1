import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import { outcomeOf, publish, startStopwatch } from "../api/events.js";
import type { ModelReference, ModelSource, ModelSpec, OpenSource, ServedSource } from "../api/model.js";
import type { LoadOptions, RerankerOptions } from "../api/options.js";
import { checkEntries } from "../engine/entries.js";
import { isolationOf } from "../engine/isolation.js";
import { type SharedEngine, shareEngine } from "../engine/shared-engine.js";
import { architectureOf } from "../model/facts.js";
import { weightFiles } from "../model/files.js";
import { fingerprint as fingerprintOf } from "../model/fingerprint.js";
import { transformerPath } from "../model/modules-json.js";
import { checkThreads } from "../model/options.js";
import type { ResolvedModel } from "../model/resolve.js";
import type { VisionStart } from "../protocol.js";
import { type NeededOutput, namedOutputs } from "../run/outputs.js";
import { logitOutput } from "../scoring/cross-encoder.js";
import { checkCanaries } from "./canary-check.js";
import { type Canaries, loadCanaries } from "./canary-runs.js";
import { chooseDevice, type DeviceChoice, openOnDevice } from "./device.js";
import { findOrPull } from "./find-or-pull.js";
import { checkInputs, checkLogits, checkOutputsOf } from "./graph-checks.js";

/** A model's options, checked and resolved. */
export interface Plan {
  readonly maxTokens: number;
  /** The outputs an embedding model's graph must have. */
  readonly needs: readonly NeededOutput[];
  /** What a vision language model sees with. @default nothing */
  readonly vision?: (source: ModelSource) => VisionStart;
}

/** A model whose files are open and agree with its facts. */
export interface OpenModel<P extends Plan> {
  readonly spec: ModelSpec;
  readonly source: OpenSource | ServedSource;
  readonly engine: SharedEngine;
  readonly plan: P;
}

/**
 * Resolves, opens and checks a model.
 *
 * @param planFor called as soon as facts are known; throws if the model cannot be used this way or the options do not fit it
 */
export async function openModel<P extends Plan>(
  model: string | URL | ModelReference | undefined,
  options: LoadOptions & Pick<RerankerOptions, "cutoffLayer">,
  planFor: (spec: ModelSpec) => P,
): Promise<OpenModel<P> & { readonly source: OpenSource }> {
  checkThreads(options);
  // Before any download: in a bundle no installed model is found, and a downloaded one could not be opened.
  checkEntries();
  isolationOf(options.isolation);
  let plan: P | undefined;
  const found = await findOrPull(model, options, (spec) => {
    plan = planFor(spec);
    refuseUnsupported(spec);
  });
  const { device: asked = "cpu" } = options;
  const choice = await chooseDevice(asked, found.source.dtype);
  // The last facts passed to planFor are those that were found.
  const open = (chosen: DeviceChoice) => openOn(chosen, found, options, plan!);
  const opened = await openOnDevice(asked, choice, open, options.signal);
  if (asked === "auto") {
    const { device, deviceReason } = opened.source;
    publish("bge-js:device", () => ({
      model: opened.spec.id,
      device,
      ...(deviceReason !== undefined && { reason: deviceReason }),
    }));
  }
  return opened;
}

/** Opens and checks a model on a device. */
async function openOn<P extends Plan>(
  { device, reason }: DeviceChoice,
  { spec, source: files }: ResolvedModel,
  options: LoadOptions,
  plan: P,
): Promise<OpenModel<P> & { readonly source: OpenSource }> {
  const { directory, file, optimized, dtype, from } = files;
  const vision = plan.vision?.(files);
  const weights = vision === undefined ? undefined : [file, vision.file].flatMap(weightFiles);
  const fingerprint = weights === undefined ? files.fingerprint : fingerprintOf(weights);
  const source: OpenSource = { ...files, fingerprint, device, ...(reason !== undefined && { deviceReason: reason }) };
  const { padding = "right", lowerCase } = spec;
  const architecture = architectureOf(spec);
  const lower = lowerCase === true ? { lowerCase } : {};
  const reads = spec.kind === "reranker" ? [logitOutput(spec)] : namedOutputs(spec);
  const prompt = spec.kind === "reranker" && spec.prompt !== undefined ? { prompt: spec.prompt } : {};
  const tokenizer = join(directory, transformerPath(directory));
  const start = {
    directory: tokenizer,
    file,
    optimized,
    architecture,
    padding,
    reads,
    device,
    ...prompt,
    ...lower,
    ...(vision && { vision }),
  };
  const about = { model: spec.id, dtype, device };
  const watch = startStopwatch();
  let engine: SharedEngine | undefined;
  try {
    const opening = shareEngine(start, fingerprint, { ...options, maxTokens: plan.maxTokens }, about);
    // Read while the worker opens the model.
    const canaries = options.canaries === false ? undefined : readSoon(directory, spec);
    engine = await opening;
    checkInputs(spec, engine.info, files);
    if (spec.kind === "reranker") checkLogits(spec, engine.info, file);
    else checkOutputsOf(spec, engine.info, file, plan.needs);
    await checkCanaries(engine, spec, source, await canaries);
    options.signal?.throwIfAborted();
  } catch (error) {
    publish("bge-js:load", () => ({ ...about, from, outcome: outcomeOf(error, options.signal), ...watch.read() }));
    await engine?.dispose();
    throw error;
  }
  publish("bge-js:load", () => ({ ...about, from, outcome: "ok", ...watch.read() }));
  return { spec, source, engine, plan };
}

/** Starts reading the folder's canaries. An error reaches only those who await the result. */
function readSoon(directory: string, spec: ModelSpec): Promise<Canaries | undefined> {
  const reading = (async () => loadCanaries(directory, spec))();
  reading.catch(() => {});
  return reading;
}

function refuseUnsupported({ id, needs }: ModelSpec): void {
  if (needs === undefined) return;
  throw new BgeError("UNSUPPORTED_MODEL", `${id} needs something this release does not support: ${needs}.`, {
    parameter: "model",
  });
}
