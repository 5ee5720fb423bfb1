import { join } from "node:path";
import type { ModelSpec } from "../api/model.js";
import { corruptFile, countIn, isRecord, type Json, readJsonObject } from "./json-file.js";
import { unsupported } from "./modules-json.js";

/** sentence-transformers' settings files of its first module. Older releases named the file after the architecture. */
export const SETTINGS_FILES = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"].map(
  (name) => `sentence_${name}_config.json`,
);

/** Tokenizer settings that do not change a text's ids. */
const HARMLESS_LOADING = ["model_max_length", "trust_remote_code", "use_fast", "padding_side"];
const HARMLESS_CALLING = ["max_length", "padding", "pad_to_multiple_of", "padding_side", "return_tensors"];

/** The graph's purpose, in sentence-transformers' terms. */
const TASKS: Readonly<Record<ModelSpec["kind"], { task: string; output: string; from: string }>> = {
  embedding: { task: "feature-extraction", output: "token_embeddings", from: "last_hidden_state" },
  reranker: { task: "sequence-classification", output: "scores", from: "logits" },
};

/** Reads the first file that exists and is not empty, in sentence-transformers' search order. */
function readSettings(transformer: string): { readonly settings: Json; readonly file: string } {
  const files = SETTINGS_FILES.map((name) => join(transformer, name));
  for (const file of files) {
    const settings = readJsonObject(file);
    if (settings !== undefined && Object.keys(settings).length > 0) return { settings, file };
  }
  return { settings: {}, file: files[0]! };
}

/** Returns the lowest token limit in the module's and the tokenizer's settings. It may be 1e30, which means none. */
export function statedLimit(transformer: string): number | undefined {
  const { settings, file } = readSettings(transformer);
  const tokenizer = join(transformer, "tokenizer_config.json");
  const ofTokenizer = readJsonObject(tokenizer) ?? {};
  const limits = [
    countIn(settings, "max_seq_length", file),
    countIn(loadingOf(settings, file), "model_max_length", file),
    ...callingOf(settings, file).map((calling) => countIn(calling, "max_length", file)),
    countIn(ofTokenizer, "model_max_length", tokenizer) ?? countIn(ofTokenizer, "max_len", tokenizer),
  ].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Returns whether texts are lowercased before the tokenizer's own steps. @throws BgeError `UNSUPPORTED_MODEL` for unsupported settings */
export function readLowerCase(transformer: string, kind: ModelSpec["kind"]): boolean {
  const { settings, file } = readSettings(transformer);
  refuseOther(transformer, settings, file, kind);
  const { do_lower_case: lowerCase = false } = settings;
  if (typeof lowerCase !== "boolean") throw corruptFile(file, "do_lower_case must be true or false");
  return lowerCase;
}

function refuseOther(transformer: string, settings: Json, file: string, kind: ModelSpec["kind"]): void {
  const { task, output, from } = TASKS[kind];
  const refuse = (what: string) => unsupported(transformer, `${what} (in ${file})`);
  const { transformer_task: itsTask = task, module_output_name: itsOutput = output, modality_config } = settings;
  if (itsTask !== task) throw refuse(`transformer_task ${JSON.stringify(itsTask)} for ${a(kind)}`);
  if (itsOutput !== output) throw refuse(`module_output_name ${JSON.stringify(itsOutput)} for ${a(kind)}`);
  if (modality_config !== undefined) {
    if (!isRecord(modality_config)) throw corruptFile(file, "its modality_config must be an object");
    const { text, message } = modality_config;
    if (message !== undefined) throw refuse("a chat template");
    if (!isRecord(text) || text["method"] !== "forward" || text["method_output_name"] !== from) {
      throw refuse(`a modality_config without { text: { method: "forward", method_output_name: "${from}" } }`);
    }
  }
  const odd =
    Object.keys(loadingOf(settings, file)).find((name) => !HARMLESS_LOADING.includes(name)) ??
    callingOf(settings, file)
      .flatMap((calling) => Object.keys(calling))
      .find((name) => !HARMLESS_CALLING.includes(name));
  if (odd !== undefined) throw refuse(`the tokenizer setting ${odd}`);
}

/** Returns the settings the tokenizer is loaded with. */
function loadingOf(settings: Json, file: string): Json {
  return objectIn(settings, settings["tokenizer_args"] === undefined ? "processor_kwargs" : "tokenizer_args", file);
}

/** Returns the settings the tokenizer is called with. */
function callingOf(settings: Json, file: string): readonly Json[] {
  const calling = objectIn(settings, "processing_kwargs", file);
  return [objectIn(calling, "common", file), objectIn(calling, "text", file)];
}

function objectIn(json: Json, name: string, file: string): Json {
  const value = json[name] ?? {};
  if (isRecord(value)) return value;
  throw corruptFile(file, `its ${name} must be an object`);
}

function a(kind: ModelSpec["kind"]): string {
  return kind === "reranker" ? "a reranker" : "an embedding model";
}
