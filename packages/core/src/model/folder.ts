import { basename, join } from "node:path";
import { ARCHITECTURES, type Architecture } from "../api/model.js";
import { checkFacts, type Facts } from "./facts.js";
import { corruptFile, countIn, type Json, readJsonObject } from "./json-file.js";
import { transformerPath, unsupported } from "./modules-json.js";
import { checkActivation, checkReranker, readEmbedding } from "./sentence-transformers.js";
import { readLowerCase, statedLimit } from "./transformer-settings.js";

/** The facts of our own that a folder may carry in `bge.json`: its id, precision, which texts may share a run. */
export function readOwnFacts(directory: string): Facts {
  const file = join(directory, "bge.json");
  const facts = readJsonObject(file) ?? {};
  checkFacts(facts, (name, problem) => corruptFile(file, `${name} ${problem}`));
  if ("directory" in facts) throw corruptFile(file, "a folder cannot name another as its own");
  return facts;
}

/**
 * What a folder in Hugging Face layout says about its model, by transformers' and sentence-transformers' files: everything that
 * changes a number is a fact or an error. See docs/sentence-transformers-folders.md.
 *
 * @param stated facts that are known from elsewhere and go first: what they settle is not refused
 */
export function readDeclaration(directory: string, stated: Facts = {}): Facts {
  const transformer = join(directory, transformerPath(directory));
  const file = join(transformer, "config.json");
  const config = readJsonObject(file) ?? {};
  const architecture = architectureOf(config, directory);
  const kind = stated.kind ?? kindOf(config);
  const lowerCase = readLowerCase(transformer, kind ?? "embedding");
  return {
    id: basename(directory),
    licence: "unknown",
    ...(kind === undefined ? {} : { kind }),
    ...(architecture === undefined ? {} : { architecture }),
    ...readLimits(directory),
    ...paddingOf(transformer),
    ...(lowerCase ? { lowerCase } : {}),
    ...(kind === "reranker" ? rerankingFacts(config, directory) : embeddingFacts(config, file, directory, stated)),
  };
}

/**
 * The limits that a folder's files state: the position table is the limit, and the default is the least that sentence-transformers'
 * settings and the tokenizer's say, where that is less.
 */
export function readLimits(directory: string): Pick<Facts, "maxTokens" | "defaultMaxTokens"> {
  const transformer = join(directory, transformerPath(directory));
  const maxTokens = positionsOf(transformer);
  const asked = statedLimit(transformer);
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(asked === undefined || asked >= (maxTokens ?? MOST_STATED) ? {} : { defaultMaxTokens: asked }),
  };
}

/** What is stated over this means that there is no limit: transformers writes 1e30. */
const MOST_STATED = 2 ** 20;

/** Position tables of XLM-R begin behind the padding id: 514 rows carry 512 tokens. */
function positionsOf(transformer: string): number | undefined {
  const file = join(transformer, "config.json");
  const config = readJsonObject(file) ?? {};
  const rows = countIn(config, "max_position_embeddings", file);
  if (rows === undefined) return undefined;
  const padding = typeof config["pad_token_id"] === "number" ? config["pad_token_id"] : 1;
  const maxTokens = config["model_type"] === "xlm-roberta" ? rows - padding - 1 : rows;
  checkFacts({ maxTokens }, (_, problem) => corruptFile(file, `the limit of its position table ${problem}`));
  return maxTokens;
}

function embeddingFacts(config: Json, file: string, directory: string, stated: Facts): Facts {
  const width = countIn(config, "hidden_size", file);
  return { ...(width === undefined ? {} : { dimensions: width }), ...readEmbedding(directory, stated) };
}

function rerankingFacts(config: Json, directory: string): Facts {
  checkReranker(directory);
  checkActivation(directory, config);
  return {};
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

function paddingOf(transformer: string): Facts {
  const side = readJsonObject(join(transformer, "tokenizer_config.json"))?.["padding_side"];
  return side === "left" ? { padding: "left" } : {};
}
