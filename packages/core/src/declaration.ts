import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { BgeError } from "./errors.js";
import { checkFacts } from "./reference.js";
import type { Architecture, ModelFacts, Pooling } from "./spec.js";

type Json = Record<string, unknown>;
export type Facts = Omit<ModelFacts, "directory">;

/** The facts of our own that a folder may carry in `bge.json`: its id, precision, which texts may share a run. */
export function readOwnFacts(directory: string): Facts {
  const facts = readJson(directory, "bge.json") ?? {};
  checkFacts(facts, (name, problem) => corrupt(join(directory, "bge.json"), `${name} ${problem}`));
  return facts;
}

/** What a folder in Hugging Face layout says about its model, by transformers' and sentence-transformers' files. */
export function readDeclaration(directory: string): Facts {
  const config = readJson(directory, "config.json") ?? {};
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
  const width = config["hidden_size"];
  const pooling = poolingOf(directory);
  return {
    ...(typeof width === "number" ? { dimensions: width } : {}),
    ...(pooling === undefined ? {} : { pooling }),
    ...instructionsOf(directory),
  };
}

const ARCHITECTURES = ["bert", "xlm-roberta", "qwen2", "qwen3", "gemma", "gemma2", "mistral", "minicpm"] as const;

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
  const [name] = (config["architectures"] as string[] | undefined) ?? [];
  if (name === undefined || name.endsWith("ForCausalLM")) return undefined;
  return name.endsWith("ForSequenceClassification") ? "reranker" : "embedding";
}

/** Position tables of XLM-R begin behind the padding id: 514 rows carry 512 tokens. */
function maxTokensOf(config: Json, directory: string): Facts {
  const rows = config["max_position_embeddings"];
  if (typeof rows !== "number") return {};
  const padding = typeof config["pad_token_id"] === "number" ? config["pad_token_id"] : 1;
  const maxTokens = config["model_type"] === "xlm-roberta" ? rows - padding - 1 : rows;
  const asked = readJson(directory, "sentence_bert_config.json")?.["max_seq_length"];
  return typeof asked === "number" && asked < maxTokens ? { maxTokens, defaultMaxTokens: asked } : { maxTokens };
}

/** Pooling as declared by sentence-transformers; nothing declared is `undefined`, never a guess. */
function poolingOf(directory: string): Pooling | undefined {
  const modules = readJson(directory, "modules.json") as unknown as { type: string; path: string }[] | undefined;
  if (modules !== undefined && !Array.isArray(modules)) throw corrupt(join(directory, "modules.json"), "it is no list");
  for (const { type } of modules ?? []) {
    if (!/\.(Transformer|Pooling|Normalize)$/.test(type))
      throw unsupported(directory, `module ${type} of modules.json`);
  }
  const path = modules?.find(({ type }) => type.endsWith(".Pooling"))?.path ?? "1_Pooling";
  const config = readJson(directory, join(path, "config.json"));
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

function instructionsOf(directory: string): Facts {
  const config = readJson(directory, "config_sentence_transformers.json") ?? {};
  const prompts = (config["prompts"] ?? {}) as Record<string, string>;
  const always = config["default_prompt_name"];
  if (typeof always === "string" && prompts[always]) {
    throw unsupported(directory, "one prompt on queries and documents, in config_sentence_transformers.json");
  }
  const forDocuments = ["document", "passage", "corpus"].map((name) => prompts[name]).find(Boolean);
  return {
    queryInstruction: prompts["query"] ?? "",
    ...(forDocuments === undefined ? {} : { documentInstruction: forDocuments }),
  };
}

function paddingOf(directory: string): Facts {
  const side = readJson(directory, "tokenizer_config.json")?.["padding_side"];
  return side === "left" ? { padding: "left" } : {};
}

function readJson(directory: string, name: string): Json | undefined {
  const file = join(directory, name);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw corrupt(file, String(cause));
  }
}

function corrupt(file: string, problem: string): BgeError {
  return new BgeError("MODEL_CORRUPT", `${file} cannot be used: ${problem}. It may be cut short: get it again.`);
}

function unsupported(directory: string, what: string): BgeError {
  return new BgeError("UNSUPPORTED_MODEL", `The model in ${directory} needs what this release does not have: ${what}.`);
}
