import type { LoadOptions } from "../api/options.js";
import { checkCanaries } from "./canary-check.js";
import { type Canaries, loadCanaries } from "./canary-runs.js";
import { logitOutput } from "../scoring/cross-encoder.js";
import { chooseDevice, type DeviceChoice, openOnDevice } from "./device.js";
import { type SharedEngine, shareEngine } from "../engine/shared-engine.js";
import { BgeError } from "../api/errors.js";
import { publish } from "../api/events.js";
import { checkInputs, checkLogits, checkOutputsOf } from "./graph-checks.js";
import { findOrPull } from "./find-or-pull.js";
import { checkOptions } from "../model/options.js";
import { type NeededOutput, namedOutputs } from "../run/outputs.js";
import type { ResolvedModel } from "../model/resolve.js";
import type { ModelReference, ModelSpec, OpenSource } from "../api/model.js";
import { outcomeOf, startStopwatch } from "../api/events.js";

/** A model whose files are open and agree with its facts. */
export interface OpenModel {
  readonly spec: ModelSpec;
  readonly source: OpenSource;
  readonly engine: SharedEngine;
  readonly options: LoadOptions;
}

/** What the caller of `openModel` does with the model. */
export interface Use {
  /** Throws for a spec that cannot be used so, or options that do not fit it. */
  readonly accept: (spec: ModelSpec, options: LoadOptions) => void;
  /** What an embedding model's graph must give. */
  readonly needs: (spec: ModelSpec, options: LoadOptions) => readonly NeededOutput[];
}

/** Resolves, opens and checks a model. */
export async function openModel(
  model: string | ModelReference | undefined,
  options: LoadOptions,
  { accept, needs }: Use,
): Promise<OpenModel> {
  const checked = checkOptions(options);
  const found = await findOrPull(model, checked, (spec) => {
    accept(spec, checked);
    refuseUnsupported(spec);
  });
  const { device: asked = "cpu" } = checked;
  const choice = await chooseDevice(asked, found.source.dtype);
  const open = (chosen: DeviceChoice) => openOn(chosen, found, checked, needs(found.spec, checked));
  const opened = await openOnDevice(asked, choice, open, checked.signal);
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
async function openOn(
  { device, reason }: DeviceChoice,
  { spec, source: files }: ResolvedModel,
  options: LoadOptions,
  needed: readonly NeededOutput[],
): Promise<OpenModel> {
  const { directory, file, optimized, fingerprint, dtype, from } = files;
  const source: OpenSource = { ...files, device, ...(reason !== undefined && { deviceReason: reason }) };
  const { architecture, padding = "right" } = spec;
  const reads = spec.kind === "reranker" ? [logitOutput(spec)] : namedOutputs(spec);
  const prompt = spec.kind === "reranker" && spec.prompt !== undefined ? { prompt: spec.prompt } : {};
  const start = { directory, file, optimized, architecture, padding, reads, device, ...prompt };
  const { maxTokens = spec.defaultMaxTokens ?? spec.maxTokens } = options;
  const about = { model: spec.id, dtype, device };
  const watch = startStopwatch();
  let engine: SharedEngine | undefined;
  try {
    const opening = shareEngine(start, fingerprint, { ...options, maxTokens }, about);
    // Here, while the worker opens the model.
    const canaries = options.canaries === false ? undefined : readSoon(directory, spec);
    engine = await opening;
    checkInputs(spec, engine.info, files);
    if (spec.kind === "reranker") checkLogits(spec, engine.info, file);
    else checkOutputsOf(spec, engine.info, file, needed);
    await checkCanaries(engine, spec, source, await canaries);
    options.signal?.throwIfAborted();
  } catch (error) {
    publish("bge-js:load", () => ({ ...about, from, outcome: outcomeOf(error, options.signal), ...watch.read() }));
    await engine?.dispose();
    throw error;
  }
  publish("bge-js:load", () => ({ ...about, from, outcome: "ok", ...watch.read() }));
  return { spec, source, engine, options };
}

/** The folder's canaries; what is wrong with them is said to who waits for them. */
function readSoon(directory: string, spec: ModelSpec): Promise<Canaries | undefined> {
  const reading = (async () => loadCanaries(directory, spec))();
  reading.catch(() => {});
  return reading;
}

function refuseUnsupported({ id, needs }: ModelSpec): void {
  if (needs === undefined) return;
  throw new BgeError("UNSUPPORTED_MODEL", `${id} needs what this release does not have: ${needs}.`, {
    parameter: "model",
  });
}
