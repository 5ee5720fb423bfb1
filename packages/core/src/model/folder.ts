import { basename, join } from "node:path";
import { ARCHITECTURES, type Architecture } from "../api/model.js";
import { checkFacts, type Facts } from "./facts.js";
import { corruptFile, countIn, isRecord, type Json, readJsonObject } from "./json-file.js";
import { transformerPath, unsupported } from "./modules-json.js";
import { checkActivation, checkReranker, readEmbedding } from "./sentence-transformers.js";
import { readLowerCase, statedLimit } from "./transformer-settings.js";

/** Reads a folder's `bge.json`, our own file of facts: id, precision, which texts may share a run. @throws BgeError `MODEL_CORRUPT` */
export function readOwnFacts(directory: string): Facts {
  const file = join(directory, "bge.json");
  const facts = readJsonObject(file) ?? {};
  checkFacts(facts, (name, problem) => corruptFile(file, `${name} ${problem}`));
  if ("directory" in facts) throw corruptFile(file, "directory must not name another folder");
  return facts;
}

/**
 * Reads the facts that a folder in Hugging Face layout declares, in the files of transformers and sentence-transformers. Everything
 * that changes a number becomes a fact or an error. See docs/sentence-transformers-folders.md.
 *
 * @param stated facts known from elsewhere, which take precedence: what they settle is not rejected
 */
export function readDeclaration(directory: string, stated: Facts = {}): Facts {
  const transformer = join(directory, transformerPath(directory));
  const file = join(transformer, "config.json");
  const config = readJsonObject(file) ?? {};
  const architecture = architectureOf(config, directory);
  if (architecture === "clip") return clipFacts(config, file, directory);
  // Their prompts, and with them all else, are in bge.json: no other file tells them.
  if (architecture === "llava_next" || architecture === "qwen2_5_vl") {
    return { id: basename(directory), licence: "unknown", kind: "embedding", architecture };
  }
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
 * Reads the limits in a folder's files: the maximum from the position table, and the default from sentence-transformers' and the
 * tokenizer's settings, if that is lower.
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

/** A larger stated limit means none: transformers writes 1e30. */
const MOST_STATED = 2 ** 20;

/** Reads the size of the position table. XLM-R's begins after the padding id: 514 rows hold 512 tokens. */
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

/** The token limit of CLIP, which transformers leaves out of its files where it is the usual one. */
const CLIP_TOKENS = 77;

/** The facts of a CLIP model, whose graphs are those that tools/export and transformers.js write. */
function clipFacts(config: Json, file: string, directory: string): Facts {
  const width = countIn(config, "projection_dim", file);
  const text = config["text_config"];
  return {
    id: basename(directory),
    licence: "unknown",
    kind: "embedding",
    architecture: "clip",
    pooling: "last-token",
    ...(width === undefined ? {} : { dimensions: width }),
    maxTokens: (isRecord(text) ? countIn(text, "max_position_embeddings", file) : undefined) ?? CLIP_TOKENS,
    queryInstruction: "",
    output: "text_embeds",
    imageOutput: "image_embeds",
  };
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
  throw unsupported(directory, `model type ${JSON.stringify(type)} in config.json (supported: ${can})`);
}

/** Returns the model's kind, or `undefined` for a causal language model, which may be an embedder or a reranker. */
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
