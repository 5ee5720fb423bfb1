import { isThenable } from "../api/callbacks.js";
import { BgeError, invalid, shown } from "../api/errors.js";
import { ARCHITECTURES, type Architecture, type ModelFacts, type ModelSpec } from "../api/model.js";
import { checkOwn, isUrl } from "../checks.js";
import { isRecord } from "./json-file.js";
import { isSafePath } from "./names.js";

/** A model's facts, without the location of its files. */
export type Facts = Omit<ModelFacts, "directory">;

/** Far above the limit of any BGE model. */
const MOST_TOKENS = 2 ** 20;

/** A check for every fact a reference may have. */
const FACTS: Readonly<Record<keyof ModelFacts, (value: unknown) => boolean>> = {
  directory: (value) => isText(value) || isUrl(value),
  id: isText,
  file: (value) => isText(value) && (value as string).endsWith(".onnx") && isSafePath(value as string),
  dtype: oneOf("fp32", "fp16", "int8"),
  batching: oneOf("alone", "equal-length", "padded"),
  optimized: (value) => typeof value === "boolean",
  kind: oneOf("embedding", "reranker"),
  architecture: oneOf(...ARCHITECTURES),
  pooling: oneOf("cls", "mean", "last-token"),
  dimensions: upTo(2 ** 16),
  defaultDimensions: upTo(2 ** 16),
  similarity: oneOf("cosine"),
  lowerCase: (value) => typeof value === "boolean",
  maxTokens: upTo(MOST_TOKENS),
  defaultMaxTokens: upTo(MOST_TOKENS),
  queryInstruction: (value) => typeof value === "string",
  documentInstruction: (value) => typeof value === "string",
  queryFormat: (value) => isText(value) && (value as string).includes("{text}"),
  tasks: (value) => isRecord(value) && Object.values(value).every((task) => hasTexts(task, ["query"], ["document"])),
  fewShot: (value) => hasTexts(value, ["exampleFormat", "suffix"]),
  output: isText,
  sparseOutput: isText,
  multiVectorOutput: isText,
  imageOutput: isText,
  vision: isVision,
  padding: oneOf("left", "right"),
  prompt: (value) => hasTexts(value, ["query", "document", "separator", "text"]),
  layers: (value) => isRecord(value) && isCount(value["first"]) && isCount(value["last"]),
  lateInteraction: (value) => typeof value === "boolean",
  licence: isText,
  needs: isText,
};

/** Checks a model passed by the user, and returns its facts. @throws BgeError `INVALID_OPTION` */
export function checkReference(model: ModelFacts): ModelFacts {
  if (isUrl(model)) return { directory: model };
  if (isThenable(model)) throw invalid("model", "is a promise; await it first");
  if (typeof model !== "object" || model === null || Array.isArray(model)) {
    throw invalid(
      "model",
      `must be an id, a folder, a file: URL or { id?, directory?, ...facts }, not ${describe(model)}`,
    );
  }
  checkOwn(model, "the model");
  const given = Object.fromEntries(Object.entries(model).filter(([, value]) => value !== undefined));
  checkFacts(given, invalid);
  if (given["id"] === undefined && given["directory"] === undefined) {
    throw invalid("model", "needs an id or a directory");
  }
  return given;
}

/** Rejects unknown facts and invalid values. `refusal` creates the error. */
export function checkFacts(facts: object, refusal: (name: string, problem: string) => BgeError): void {
  for (const [name, value] of Object.entries(facts)) {
    const check = Object.hasOwn(FACTS, name) ? FACTS[name as keyof ModelFacts] : undefined;
    if (check === undefined) {
      throw refusal(name, `is not a model fact. Known facts: ${Object.keys(FACTS).join(", ")}`);
    }
    if (!check(value)) throw refusal(name, `cannot be ${describe(value)}`);
  }
}

/** Returns a complete spec. @throws BgeError `MODEL_MISMATCH`, saying how to pass a missing fact */
export function completeSpec(facts: Facts, folder: string): ModelSpec {
  const { dtype: _dtype, batching: _batching, optimized: _optimized, file: _file, ...spec } = facts;
  const needed = ["kind", "architecture", "maxTokens"] as const;
  const ofEmbedding = ["pooling", "dimensions", "queryInstruction"] as const;
  for (const name of spec.kind === "reranker" ? needed : [...needed, ...ofEmbedding]) {
    if (spec[name] === undefined) {
      throw new BgeError(
        "MODEL_MISMATCH",
        `Neither the model table nor the files in ${folder} state the ${name} of ${spec.id}, and it is never guessed. ` +
          `Pass it: { directory: ${JSON.stringify(folder)}, ${name}: ... }.`,
        { parameter: name },
      );
    }
  }
  if (spec.padding === "left" && ABSOLUTE_POSITIONS.includes(spec.architecture!)) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `${spec.id} cannot use left padding, because ${spec.architecture} has absolute positions. Use padding "right".`,
      { parameter: "padding" },
    );
  }
  const always = spec.kind === "embedding" ? { similarity: "cosine" } : {};
  return { id: folder, licence: "unknown", ...always, ...spec } as ModelSpec;
}

const ABSOLUTE_POSITIONS: readonly string[] = ["bert", "xlm-roberta", "clip"];

/** Returns the architecture of a model with files, which always state it. */
export function architectureOf({ id, architecture }: Pick<ModelSpec, "id" | "architecture">): Architecture {
  if (architecture === "unknown") throw new Error(`${id} has files and no architecture. This is a bug.`);
  return architecture;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function hasTexts(value: unknown, needed: readonly string[], allowed: readonly string[] = []): boolean {
  if (!isRecord(value) || !needed.every((name) => name in value)) return false;
  return Object.entries(value).every(
    ([name, text]) => [...needed, ...allowed].includes(name) && typeof text === "string",
  );
}

function isVision(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { stretch = 1, document, ...texts } = value;
  const named = ["imageToken", "query", "bareQuery", "bareDocument", "text", "image", "both"];
  if (!isCount(stretch) || !hasTexts(texts, named)) return false;
  const holds = (names: readonly string[], part: string) => names.every((name) => String(value[name]).includes(part));
  return (
    holds(["query", "bareQuery", "bareDocument"], "{content}") &&
    holds(["text", "both"], "{text}") &&
    holds(["image", "both"], String(value["imageToken"])) &&
    (document === undefined || (typeof document === "string" && holds(["document"], "{content}")))
  );
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

function upTo(most: number): (value: unknown) => boolean {
  return (value) => isCount(value) && (value as number) <= most;
}

function oneOf(...allowed: readonly string[]): (value: unknown) => boolean {
  return (value) => allowed.includes(value as string);
}

function describe(value: unknown): string {
  if (typeof value === "string" || value === null) return shown(value);
  return Array.isArray(value) ? "a list" : `${typeof value} ${shown(value)}`;
}
