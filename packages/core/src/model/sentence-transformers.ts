import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import type { Pooling } from "../api/model.js";
import type { Facts } from "./facts.js";
import { corruptFile, countIn, isRecord, type Json, readJsonObject } from "./json-file.js";
import { type Module, moduleName, readModules, unsupported } from "./modules-json.js";

const FILE = "config_sentence_transformers.json";

/** Which modules may follow each other; Normalize before Pooling would do nothing. */
const EMBEDDERS = /^Transformer( Pooling)?( Normalize)*$/;
const RERANKERS = /^Transformer$/;

/** What sentence-transformers' files say of an embedding model. `stated`: facts from elsewhere, which need no declaration. */
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

/** Refuses what sentence-transformers' files say of a cross-encoder and cannot be had. */
export function checkReranker(directory: string): void {
  checkModules(directory, RERANKERS);
  const { file, config } = readConfig(directory, "CrossEncoder");
  const { default_prompt_name: always } = config;
  if (typeof always === "string" && promptsOf(config, file)[always]) {
    throw unsupported(directory, `a prompt before each query, in ${FILE}`);
  }
}

/** A cross-encoder's scores are logits or their sigmoid; another function of them could put documents in another order. */
export function checkActivation(directory: string, config: Json): void {
  const { sentence_transformers: ours, sbert_ce_default_activation_function: old } = config;
  const { config: settings } = readConfig(directory, "CrossEncoder");
  const activation = settings["activation_fn"] ?? (isRecord(ours) ? ours["activation_fn"] : undefined) ?? old;
  if (activation === undefined || activation === null) return;
  if (typeof activation === "string" && /(^|\.)(Identity|Sigmoid)$/.test(activation)) return;
  throw unsupported(directory, `activation ${JSON.stringify(activation)}; scores are logits, or their sigmoid`);
}

function checkModules(directory: string, order: RegExp): readonly Module[] {
  const modules = readModules(directory);
  const names = modules.map((module) => {
    const name = moduleName(module);
    if (name === undefined) throw unsupported(directory, `module ${module.type} of modules.json`);
    return name;
  });
  // Dropout is for training.
  const sequence = names.filter((name) => name !== "Dropout").join(" ");
  if (modules.length === 0 || order.test(sequence)) return modules;
  throw unsupported(directory, `the modules ${sequence.replaceAll(" ", ", ") || "none"} of modules.json in this order`);
}

function readConfig(directory: string, kind: string): { readonly file: string; readonly config: Json } {
  const file = join(directory, FILE);
  const config = readJsonObject(file) ?? {};
  const { model_type: type = kind } = config;
  if (type !== kind) throw unsupported(directory, `model type ${JSON.stringify(type)} of ${FILE}`);
  return { file, config };
}

/** Pooling as declared; nothing declared is `undefined`, never a guess. */
function poolingOf(directory: string, modules: readonly Module[]): Pooling | undefined {
  const module = modules.find((one) => moduleName(one) === "Pooling");
  // Folders that were put together by hand may have the pooling without the list of modules.
  if (module === undefined && modules.length > 0) return undefined;
  const path = module?.path ?? "1_Pooling";
  const config = readJsonObject(join(directory, path, "config.json"));
  if (config === undefined) return undefined;
  const mode = modesOf(config).join(" and ");
  const pooling = POOLINGS.find(([pattern]) => pattern.test(mode))?.[1];
  if (pooling === undefined) {
    throw unsupported(directory, `pooling ${mode} of ${path}/config.json; cls, mean and lasttoken can be run`);
  }
  if (config["include_prompt"] === false && pooling !== "last-token") {
    throw unsupported(directory, `pooling ${mode} that leaves the prompt's tokens out`);
  }
  return pooling;
}

const POOLINGS: readonly (readonly [RegExp, Pooling])[] = [
  [/^(pooling_mode_)?cls(_token)?$/, "cls"],
  [/^(pooling_mode_)?last_?token$/, "last-token"],
  [/^(pooling_mode_)?mean(_tokens)?$/, "mean"],
];

/** One name, or a list of them; in older files a switch for each, of which the mean is on where none is. */
function modesOf(config: Json): readonly string[] {
  const { pooling_mode: mode } = config;
  if (typeof mode === "string") return [mode];
  if (Array.isArray(mode)) return mode.map(String);
  const on = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  return on.length > 0 ? on : ["mean"];
}

/** Vectors have length 1 here, so that a dot product is the cosine: other similarities may order documents otherwise. */
function checkSimilarity(directory: string, config: Json, normalized: boolean): void {
  const name = config["similarity_fn_name"] ?? "cosine";
  // Between vectors of length 1, dot product and Euclidean distance order as the cosine.
  if (name === "cosine" || (normalized && (name === "dot" || name === "euclidean"))) return;
  throw new BgeError(
    "UNSUPPORTED_MODEL",
    `The model in ${directory} is made for the similarity ${JSON.stringify(name)} (similarity_fn_name of ${FILE}), which may ` +
      "order documents otherwise than the cosine of the vectors, of length 1, that are given here. To compare by cosine all the " +
      `same, pass { directory: ${JSON.stringify(directory)}, similarity: "cosine" }.`,
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
      `one prompt on queries and documents (${JSON.stringify(always)} in ${FILE}), unless both queryInstruction and ` +
        "documentInstruction are passed with its directory",
    );
  }
  const forDocuments = stated.documentInstruction ?? documentPrompt(directory, prompts);
  return {
    queryInstruction: prompts["query"] ?? "",
    ...(forDocuments === "" ? {} : { documentInstruction: forDocuments }),
  };
}

/** sentence-transformers means to take "passage" or "corpus" where there is no "document", and does not, for it then has an empty one. */
function documentPrompt(directory: string, prompts: Readonly<Record<string, string | null>>): string {
  const named = prompts["document"];
  if (named !== undefined && named !== null) return named;
  const other = ["passage", "corpus"].find((name) => prompts[name]);
  if (other === undefined) return "";
  throw new BgeError(
    "MODEL_MISMATCH",
    `${FILE} in ${directory} has a prompt ${JSON.stringify(other)} and none for "document". sentence-transformers promises to put it ` +
      `before documents, and does not. Pass what belongs there: { directory: ${JSON.stringify(directory)}, documentInstruction: ` +
      `${JSON.stringify(prompts[other])} }, or "" for nothing.`,
    { parameter: "documentInstruction" },
  );
}

function promptsOf(config: Json, file: string): Readonly<Record<string, string | null>> {
  const given = config["prompts"] ?? {};
  if (!isRecord(given) || !Object.values(given).every((prompt) => prompt === null || typeof prompt === "string")) {
    throw corruptFile(file, "its prompts are no texts by name");
  }
  const prompts = Object.assign(Object.create(null) as object, given) as Record<string, string | null>;
  const always = config["default_prompt_name"];
  if (typeof always === "string" && !["query", "document"].includes(always) && prompts[always] === undefined) {
    throw corruptFile(file, `its default_prompt_name ${JSON.stringify(always)} is none of its prompts`);
  }
  return prompts;
}
