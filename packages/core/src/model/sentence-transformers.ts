import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import type { Pooling } from "../api/model.js";
import type { Facts } from "./facts.js";
import { corruptFile, countIn, isRecord, type Json, readJsonObject } from "./json-file.js";
import { type Module, moduleName, readModules, unsupported } from "./modules-json.js";

const FILE = "config_sentence_transformers.json";

/** The supported sequences of modules. */
const EMBEDDERS = /^Transformer( Pooling)?( Normalize)*$/;
const RERANKERS = /^Transformer$/;

/** Reads an embedding model's facts from sentence-transformers' files. `stated`: facts from elsewhere, which need no declaration. */
export function readEmbedding(directory: string, stated: Facts): Facts {
  const modules = checkModules(directory, EMBEDDERS);
  const { file, config } = readConfig(directory, "SentenceTransformer");
  const pooling = stated.pooling ?? poolingOf(directory, modules);
  const cut = countIn(config, "truncate_dim", file);
  const normalized = modules.some((module) => moduleName(module) === "Normalize") && cut === undefined;
  if (stated.similarity === undefined) checkSimilarity(directory, config, normalized);
  return {
    ...(pooling === undefined ? {} : { pooling }),
    ...(cut === undefined ? {} : { defaultDimensions: cut }),
    ...instructionsOf(directory, config, stated),
  };
}

/** Rejects a cross-encoder whose sentence-transformers files declare something unsupported. @throws BgeError `UNSUPPORTED_MODEL` */
export function checkReranker(directory: string): void {
  checkModules(directory, RERANKERS);
  const { file, config } = readConfig(directory, "CrossEncoder");
  const { default_prompt_name: always } = config;
  if (typeof always === "string" && promptsOf(config, file)[always]) {
    throw unsupported(directory, `a prompt before each query (in ${FILE})`);
  }
}

/** Rejects activations other than identity and sigmoid, which could rank documents differently. @throws BgeError `UNSUPPORTED_MODEL` */
export function checkActivation(directory: string, config: Json): void {
  const { sentence_transformers: ours, sbert_ce_default_activation_function: old } = config;
  const { config: settings } = readConfig(directory, "CrossEncoder");
  const activation = settings["activation_fn"] ?? (isRecord(ours) ? ours["activation_fn"] : undefined) ?? old;
  if (activation === undefined || activation === null) return;
  if (typeof activation === "string" && /(^|\.)(Identity|Sigmoid)$/.test(activation)) return;
  throw unsupported(directory, `the activation ${JSON.stringify(activation)} (supported: Identity and Sigmoid)`);
}

function checkModules(directory: string, order: RegExp): readonly Module[] {
  const modules = readModules(directory);
  const names = modules.map((module) => {
    const name = moduleName(module);
    if (name === undefined) throw unsupported(directory, `the module ${module.type} in modules.json`);
    return name;
  });
  // Dropout only matters for training.
  const sequence = names.filter((name) => name !== "Dropout").join(" ");
  if (modules.length === 0 || order.test(sequence)) return modules;
  throw unsupported(directory, `the module sequence ${sequence.replaceAll(" ", ", ") || "(empty)"} in modules.json`);
}

function readConfig(directory: string, kind: string): { readonly file: string; readonly config: Json } {
  const file = join(directory, FILE);
  const config = readJsonObject(file) ?? {};
  const { model_type: type = kind } = config;
  if (type !== kind) throw unsupported(directory, `model type ${JSON.stringify(type)} in ${FILE}`);
  return { file, config };
}

/** Returns the declared pooling; `undefined`, never a guess, if none is declared. */
function poolingOf(directory: string, modules: readonly Module[]): Pooling | undefined {
  const module = modules.find((one) => moduleName(one) === "Pooling");
  // Folders assembled by hand may have a pooling but no list of modules.
  if (module === undefined && modules.length > 0) return undefined;
  const path = module?.path ?? "1_Pooling";
  const config = readJsonObject(join(directory, path, "config.json"));
  if (config === undefined) return undefined;
  const mode = modesOf(config).join(" and ");
  const pooling = POOLINGS.find(([pattern]) => pattern.test(mode))?.[1];
  if (pooling === undefined) {
    throw unsupported(directory, `pooling ${mode} in ${path}/config.json (supported: cls, mean and lasttoken)`);
  }
  if (config["include_prompt"] === false && pooling !== "last-token") {
    throw unsupported(directory, `pooling ${mode} without the prompt's tokens`);
  }
  return pooling;
}

const POOLINGS: readonly (readonly [RegExp, Pooling])[] = [
  [/^(pooling_mode_)?cls(_token)?$/, "cls"],
  [/^(pooling_mode_)?last_?token$/, "last-token"],
  [/^(pooling_mode_)?mean(_tokens)?$/, "mean"],
];

/** Returns the pooling modes: a name or a list of names or, in older files, a switch for each, with mean if none is on. */
function modesOf(config: Json): readonly string[] {
  const { pooling_mode: mode } = config;
  if (typeof mode === "string") return [mode];
  if (Array.isArray(mode)) return mode.map(String);
  const on = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  return on.length > 0 ? on : ["mean"];
}

/** Rejects similarities that may rank documents differently than the cosine. @throws BgeError `UNSUPPORTED_MODEL` */
function checkSimilarity(directory: string, config: Json, normalized: boolean): void {
  const name = config["similarity_fn_name"] ?? "cosine";
  // For normalised vectors, dot product and Euclidean distance rank like the cosine.
  if (name === "cosine" || (normalized && (name === "dot" || name === "euclidean"))) return;
  throw new BgeError(
    "UNSUPPORTED_MODEL",
    `The model in ${directory} is made for the similarity ${JSON.stringify(name)} (similarity_fn_name in ${FILE}), which may ` +
      "rank documents differently than cosine. bge-js normalises all vectors and compares by cosine. To use the model anyway, " +
      `pass { directory: ${JSON.stringify(directory)}, similarity: "cosine" }.`,
    { parameter: "similarity" },
  );
}

function instructionsOf(directory: string, config: Json, stated: Facts): Facts {
  const prompts = promptsOf(config, join(directory, FILE));
  const always = config["default_prompt_name"];
  const both = stated.queryInstruction !== undefined && stated.documentInstruction !== undefined;
  if (typeof always === "string" && prompts[always] && !both) {
    throw unsupported(
      directory,
      `the same prompt on queries and documents (${JSON.stringify(always)} in ${FILE}), unless both queryInstruction and ` +
        "documentInstruction are passed with its directory",
    );
  }
  const forDocuments = stated.documentInstruction ?? documentPrompt(directory, prompts);
  return {
    queryInstruction: prompts["query"] ?? "",
    ...(forDocuments === "" ? {} : { documentInstruction: forDocuments }),
  };
}

/** Without "document", sentence-transformers intends to use "passage" or "corpus", but does not, because it adds an empty "document". */
function documentPrompt(directory: string, prompts: Readonly<Record<string, string | null>>): string {
  const named = prompts["document"];
  if (named !== undefined && named !== null) return named;
  const other = ["passage", "corpus"].find((name) => prompts[name]);
  if (other === undefined) return "";
  throw new BgeError(
    "MODEL_MISMATCH",
    `${FILE} in ${directory} has a prompt ${JSON.stringify(other)} but none for "document". sentence-transformers is documented to put it ` +
      `before documents, but does not. Pass the one to use: { directory: ${JSON.stringify(directory)}, documentInstruction: ` +
      `${JSON.stringify(prompts[other])} }, or "" for none.`,
    { parameter: "documentInstruction" },
  );
}

function promptsOf(config: Json, file: string): Readonly<Record<string, string | null>> {
  const given = config["prompts"] ?? {};
  if (!isRecord(given) || !Object.values(given).every((prompt) => prompt === null || typeof prompt === "string")) {
    throw corruptFile(file, "its prompts must be an object of strings");
  }
  const prompts = Object.assign(Object.create(null) as object, given) as Record<string, string | null>;
  const always = config["default_prompt_name"];
  if (typeof always === "string" && !["query", "document"].includes(always) && prompts[always] === undefined) {
    throw corruptFile(file, `its default_prompt_name ${JSON.stringify(always)} is not one of its prompts`);
  }
  return prompts;
}
