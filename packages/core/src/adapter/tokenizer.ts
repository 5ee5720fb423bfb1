import { join } from "node:path";
import type { Embedder } from "../api/embedder.js";
import { BgeError, invalid } from "../api/errors.js";
import type { EmbedderOptions } from "../api/options.js";
import { checkOptions } from "../checks.js";
import { architectureOf } from "../model/facts.js";
import { readJsonObject } from "../model/json-file.js";
import { transformerPath } from "../model/modules-json.js";
import { EMBEDDER_OPTIONS, maxTokensOf } from "../model/options.js";
import { resolveModel } from "../model/resolve.js";
import { isRemote } from "../remote/reference.js";
import { sizeOf, specialTokens } from "../text/special-tokens.js";
import { configured } from "../tokenizer/configured.js";
import { loadTokenizer } from "../tokenizer/load.js";
import { type AdapterModel, isLoaded } from "./models.js";

/** An embedding model's tokenizer on this thread, for synchronous text splitters. */
export interface ModelTokenizer {
  /** Returns a text's token ids, without special tokens. */
  encode(text: string): readonly number[];
  /** Returns how many ids `encode` gives. */
  count(text: string): number;
  decode(ids: readonly number[]): string;
  /** The special tokens around a text. */
  readonly frame: { readonly before: readonly number[]; readonly behind: readonly number[] };
  /** Most tokens a document may have: the limit minus special tokens and the document instruction. */
  readonly room: number;
}

/**
 * Opens the tokenizer of a model on this machine.
 *
 * @throws BgeError with the codes of `resolveModel`, `MODEL_MISMATCH` for a reranker, `INVALID_OPTION`
 */
export function openTokenizer(
  model: AdapterModel<Embedder> | undefined,
  given: Pick<EmbedderOptions, "maxTokens">,
): ModelTokenizer {
  const checked = checkOptions(given, EMBEDDER_OPTIONS, "a splitter");
  const { spec, source } = isLoaded(model) ? model : resolveModel(isRemote(model) ? refuseServed() : model);
  if (spec.kind !== "embedding") {
    throw new BgeError("MODEL_MISMATCH", `${spec.id} is a reranker. Split by the embedding model instead.`, {
      parameter: "model",
    });
  }
  if (source.from === "server") refuseServed();
  const { lowerCase = false } = spec;
  const architecture = architectureOf(spec);
  const folder = join(source.directory, transformerPath(source.directory));
  const config = readThere(folder, "tokenizer_config.json");
  const json = configured(readThere(folder, "tokenizer.json"), config, { architecture, lowerCase });
  const tokenizer = loadTokenizer(json, config);
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const count = (text: string) => tokenizer.encode(text, { add_special_tokens: false, most: 0 }).total;
  const { frames } = specialTokens(tokenizer, config, architecture, undefined);
  const around = sizeOf(frames).single + count(spec.documentInstruction ?? "");
  const loaded = isLoaded(model) ? { maxTokens: model.maxTokens } : {};
  const room = maxTokensOf({ ...loaded, ...checked }, spec, around + 1) - around;
  return { encode, count, decode: (ids) => tokenizer.decode(ids), frame: frames.single, room };
}

function refuseServed(): never {
  throw invalid(
    "model",
    "is behind a server, and a splitter needs a tokenizer on this machine: give it an id or a folder",
  );
}

function readThere(directory: string, name: string): object {
  const file = join(directory, name);
  const found = readJsonObject(file);
  if (found === undefined) throw new BgeError("MODEL_NOT_FOUND", `${file} does not exist.`, { parameter: "model" });
  return found;
}
