import { BgeError, invalid } from "../api/errors.js";
import type { ModelReference } from "../api/model.js";
import type { MultimodalCallOptions, MultimodalEmbedder, MultimodalOptions } from "../api/multimodal.js";
import { type ModelHandle, owned, shared } from "./handle.js";
import { adapterFields, callOptions, isLoaded } from "./models.js";
import { type MultimodalAdapterInput, toInputs } from "./pictures.js";
import { checkList } from "./retriever.js";

export type { AdapterImage, MultimodalAdapterInput } from "./pictures.js";

/** A model for texts and pictures as passed to an adapter: an id, a folder, an object, or a loaded model, which stays the caller's. */
export type MultimodalModel = string | URL | ModelReference | MultimodalEmbedder;

/** The fields of every adapter for texts and pictures: a model and the options of `loadMultimodalEmbedder`. */
export interface MultimodalFields extends MultimodalOptions {
  /** If it is already loaded, no load options may be given. @default BAAI/BGE-VL-base */
  readonly model?: MultimodalModel;
  /** Passed with every query as its `instruction`: what to look for, for the models that are prompted. @default none */
  readonly queryInstruction?: string;
  /** Aborts every call made through the adapter, for frameworks that pass no signal of their own. @default none */
  readonly signal?: AbortSignal;
}

/** The model behind an adapter for texts and pictures. */
export interface MultimodalAdapter {
  /** Loads the model, once for all callers. */
  loaded(): Promise<MultimodalEmbedder>;
  /** As `embed` of the model, with plain arrays of numbers, for which frameworks ask. */
  embed(inputs: readonly MultimodalAdapterInput[], options?: MultimodalCallOptions): Promise<number[][]>;
  dispose(): Promise<void>;
}

type Loader = (model?: string | URL | ModelReference, options?: MultimodalOptions) => Promise<MultimodalEmbedder>;

/**
 * Returns the model behind the adapter `owner`. Loads nothing yet.
 *
 * @param load `loadMultimodalEmbedder`, passed so that who uses no pictures does not import it
 * @throws BgeError `INVALID_OPTION`
 */
export function multimodalAdapter(
  owner: string,
  load: Loader,
  input: MultimodalModel | MultimodalFields,
): MultimodalAdapter {
  const fields = adapterFields<MultimodalEmbedder, MultimodalFields>(input);
  const { model, queryInstruction, signal, ...options } = fields;
  if (queryInstruction !== undefined && typeof queryInstruction !== "string") {
    throw invalid("queryInstruction", "must be a string");
  }
  const handle = handleOf(owner, load, model, options);

  async function embed(
    inputs: readonly MultimodalAdapterInput[],
    callerOptions: MultimodalCallOptions = {},
  ): Promise<number[][]> {
    checkList(inputs, "inputs");
    const given = Array.from(inputs); // the caller may reuse the array
    const embedder = await handle.get();
    const converted = await toInputs(given);
    const asks = callerOptions.inputType === "query" && queryInstruction !== undefined;
    const vectors = await embedder.embed(
      asks ? converted.map((one) => ({ instruction: queryInstruction, ...one })) : converted,
      { ...callerOptions, ...callOptions(signal, callerOptions.signal) },
    );
    return vectors.map((vector) => Array.from(vector));
  }

  return { loaded: handle.get, embed, dispose: handle.dispose };
}

function handleOf(
  owner: string,
  load: Loader,
  model: MultimodalModel | undefined,
  options: MultimodalOptions,
): ModelHandle<MultimodalEmbedder> {
  if (!isLoaded(model)) return owned(owner, () => load(model, options));
  // `embed` of an embedder for texts takes strings.
  if ("embedDocuments" in model) {
    const message = `The loaded model passed to ${owner} reads no pictures. Load it with loadMultimodalEmbedder of @bge-js/core/multimodal.`;
    throw new BgeError("INVALID_OPTION", message, { parameter: "model" });
  }
  return shared(owner, "model", model, "embed", options);
}
