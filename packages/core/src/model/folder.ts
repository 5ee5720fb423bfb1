import { basename, join } from "node:path";
import { BgeError } from "../api/errors.js";
import { ARCHITECTURES, type Architecture, type Pooling } from "../api/model.js";
import { checkFacts, type Facts } from "./facts.js";
import { corruptFile, isRecord, type Json, readJson, readJsonObject } from "./json-file.js";
import { isSafePath } from "./names.js";

/** The facts of our own that a folder may carry in `bge.json`: its id, precision, which texts may share a run. */
export function readOwnFacts(directory: string): Facts {
  const file = join(directory, "bge.json");
  const facts = readJsonObject(file) ?? {};
  checkFacts(facts, (name, problem) => corruptFile(file, `${name} ${problem}`));
  if ("directory" in facts) throw corruptFile(file, "a folder cannot name another as its own");
  return facts;
}

/** What a folder in Hugging Face layout says about its model, by transformers' and sentence-transformers' files. */
export function readDeclaration(directory: string): Facts {
  const config = objectIn(directory, "config.json") ?? {};
  const architecture = architectureOf(config, directory);
  const kind = kindOf(config);
  return {
    id: basename(directory),
    licence: "unknown",
    ...(kind === undefined ? {} : { kind }),
    ...(architecture === undefined ? {} : { architecture }),
    ...maxTokensOf(config, directory),
    ...paddingOf(directory),
    ...(kind === "reranker" ? {} : embeddingFacts(config, directory)),
  };
}

function embeddingFacts(config: Json, directory: string): Facts {
  const width = numberOf(config, "hidden_size", join(directory, "config.json"));
  const pooling = poolingOf(directory);
  return {
    ...(width === undefined ? {} : { dimensions: width }),
    ...(pooling === undefined ? {} : { pooling }),
    ...instructionsOf(directory),
  };
}

function architectureOf(config: Json, directory: string): Architecture | undefined {
  const type = config["model_type"];
  if (type === undefined) return undefined;
  const architecture = ARCHITECTURES.find((known) => known === type);
  if (architecture !== undefined) return architecture;
  const can = ARCHITECTURES.join(", ");
  throw unsupported(directory, `model type ${JSON.stringify(type)} of config.json; ${can} can be run`);
}

/** A causal language model may be an embedder or a reranker: its files alone do not tell. */
function kindOf(config: Json): Facts["kind"] {
  const { architectures } = config;
  const name: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (typeof name !== "string" || name.endsWith("ForCausalLM")) return undefined;
  return name.endsWith("ForSequenceClassification") ? "reranker" : "embedding";
}

/** Position tables of XLM-R begin behind the padding id: 514 rows carry 512 tokens. */
function maxTokensOf(config: Json, directory: string): Facts {
  const file = join(directory, "config.json");
  const rows = numberOf(config, "max_position_embeddings", file);
  if (rows === undefined) return {};
  const padding = typeof config["pad_token_id"] === "number" ? config["pad_token_id"] : 1;
  const maxTokens = config["model_type"] === "xlm-roberta" ? rows - padding - 1 : rows;
  checkFacts({ maxTokens }, (_, problem) => corruptFile(file, `the limit of its position table ${problem}`));
  const asks = join(directory, "sentence_bert_config.json");
  const asked = numberOf(readJsonObject(asks) ?? {}, "max_seq_length", asks);
  return asked !== undefined && asked < maxTokens ? { maxTokens, defaultMaxTokens: asked } : { maxTokens };
}

/** Pooling as declared by sentence-transformers; nothing declared is `undefined`, never a guess. */
function poolingOf(directory: string): Pooling | undefined {
  const modules = modulesOf(directory);
  for (const { type } of modules) {
    if (!/\.(Transformer|Pooling|Normalize)$/.test(type))
      throw unsupported(directory, `module ${type} of modules.json`);
  }
  const path = modules.find(({ type }) => type.endsWith(".Pooling"))?.path ?? "1_Pooling";
  const config = objectIn(directory, join(path, "config.json"));
  if (config === undefined) return undefined;
  const modes = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  const mode = typeof config["pooling_mode"] === "string" ? config["pooling_mode"] : modes.join(" and ");
  if (/^(pooling_mode_)?cls(_token)?$/.test(mode)) return "cls";
  if (/^(pooling_mode_)?last_?token$/.test(mode)) return "last-token";
  if (/^(pooling_mode_)?mean(_tokens)?$/.test(mode)) {
    if (config["include_prompt"] === false) throw unsupported(directory, "a mean that leaves the prompt's tokens out");
    return "mean";
  }
  throw unsupported(directory, `pooling ${mode || "none"} of ${path}/config.json; cls, mean and lasttoken can be run`);
}

/** sentence-transformers' modules: each a class, and a folder inside this one. */
function modulesOf(directory: string): readonly { readonly type: string; readonly path: string }[] {
  const file = join(directory, "modules.json");
  const modules = readJson(file) ?? [];
  const isModule = (value: unknown) =>
    isRecord(value) && typeof value["type"] === "string" && typeof value["path"] === "string";
  if (!Array.isArray(modules) || !modules.every(isModule)) {
    throw corruptFile(file, "it is no list of modules with their types and paths");
  }
  for (const { path } of modules as { path: string }[]) {
    if (path !== "" && !isSafePath(path)) throw corruptFile(file, `the path ${JSON.stringify(path)} leads out of it`);
  }
  return modules as { type: string; path: string }[];
}

function instructionsOf(directory: string): Facts {
  const file = join(directory, "config_sentence_transformers.json");
  const config = readJsonObject(file) ?? {};
  const given = config["prompts"] ?? {};
  if (!isRecord(given) || !Object.values(given).every((prompt) => prompt === null || typeof prompt === "string")) {
    throw corruptFile(file, "its prompts are no texts by name");
  }
  const prompts = Object.assign(Object.create(null) as object, given) as Record<string, string | null>;
  const always = config["default_prompt_name"];
  if (typeof always === "string" && prompts[always]) {
    throw unsupported(directory, "one prompt on queries and documents, in config_sentence_transformers.json");
  }
  const forDocuments = ["document", "passage", "corpus"].map((name) => prompts[name] ?? "").find(Boolean);
  return {
    queryInstruction: prompts["query"] ?? "",
    ...(forDocuments === undefined ? {} : { documentInstruction: forDocuments }),
  };
}

function paddingOf(directory: string): Facts {
  const side = objectIn(directory, "tokenizer_config.json")?.["padding_side"];
  return side === "left" ? { padding: "left" } : {};
}

function objectIn(directory: string, name: string): Json | undefined {
  return readJsonObject(join(directory, name));
}

/** A count that a file may state. */
function numberOf(json: Json, name: string, file: string): number | undefined {
  const value = json[name];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw corruptFile(file, `${name} cannot be ${JSON.stringify(value)}`);
}

function unsupported(directory: string, what: string): BgeError {
  return new BgeError("UNSUPPORTED_MODEL", `The model in ${directory} needs what this release does not have: ${what}.`);
}
