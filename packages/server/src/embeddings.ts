import type { Embedder, SparseVector, TokenVectors } from "@bge-js/core";
import { dotProduct } from "@bge-js/core/adapter";
import { Failure, validation } from "./failure.js";
import { type Body, bodyOf, choiceOf, countOf, flagOf, textOf, textsOf } from "./fields.js";
import { JsonText, listText, numbersText } from "./json-text.js";
import type { Context, Route } from "./route.js";

/** A request's texts, and the embedder as it asks for it. */
interface Asked {
  readonly embedder: Embedder;
  readonly texts: readonly string[];
  readonly inputType: "query" | "document";
}

/** Most numbers of an answer with rows: of a text of 8,192 tokens by bge-m3. As JSON they are up to 180 MB. */
const MOST_ROW_NUMBERS = 1 << 23;
const FRAME_TOKENS = 8;

/** `POST /embed`: a vector for each text. */
export const embed: Route = async (body, { models, settings, signal }) => {
  const asked = embedderFor(body, models, settings);
  if (flagOf(body, "normalize", true) === false)
    throw validation("`normalize` cannot be false: vectors are normalised");
  const dimensions = countOf(body, "dimensions", asked.embedder.dimensions);
  const vectors = await vectorsOf(asked, signal);
  return new JsonText(listText(vectors, ({ dense }) => [numbersText(cut(dense, dimensions))]));
};

/** `POST /embed_all`: a row for each token. */
export const embedAll: Route = async (body, { models, settings, signal }) => {
  const asked = embedderFor(body, models, settings);
  await checkRows(asked, signal);
  const { embedder, texts, inputType } = asked;
  const all = await embedder.embedTokens(texts, { inputType, signal });
  return new JsonText(listText(all, (one) => listText(rowsOf(one), (row) => [numbersText(row)])));
};

/** `POST /embed_sparse`: index and weight of each token that counts. */
export const embedSparse: Route = async (body, { models, settings, signal }) => {
  const { embedder, texts, inputType } = embedderFor(body, models, settings);
  const records = await embedder.embed(texts, { inputType, outputs: ["sparse"], signal });
  return new JsonText(listText(records, ({ sparse }) => [JSON.stringify(pairsOf(sparse))]));
};

/** `POST /similarity`: the cosine of one text with each of several. */
export const similarity: Route = async (body, { models, settings, signal }) => {
  const inputs = bodyOf(body["inputs"] ?? undefined, "inputs");
  const source = textOf(inputs, "source_sentence");
  const { texts } = textsOf(inputs, "sentences", settings.maxBatchTexts);
  const asked = embedderFor({ ...optionsOf(body), inputs: texts }, models, settings);
  const [first, ...others] = await vectorsOf({ ...asked, texts: [source, ...texts] }, signal);
  return others.map(({ dense }) => dotProduct(first!.dense, 0, dense, 0, dense.length));
};

/** TEI's clients put `truncate` and `prompt_name` of this route into an object. */
function optionsOf(body: Body): Body {
  const { parameters = null } = body;
  return parameters === null ? {} : bodyOf(parameters, "parameters");
}

/** `POST /v1/embeddings`, as OpenAI defines it. */
export const openaiEmbeddings: Route = async (body, { models, settings, signal }) => {
  const asked = embedderFor(body, models, settings, "input");
  const format = choiceOf(body, "encoding_format", ["float", "base64"]) ?? "float";
  const dimensions = countOf(body, "dimensions", asked.embedder.dimensions);
  const vectors = await vectorsOf(asked, signal);
  const data = listText(vectors, ({ dense }, index) => {
    const numbers = cut(dense, dimensions);
    const embedding = format === "base64" ? base64(numbers) : Array.from(numbers);
    return [JSON.stringify({ object: "embedding", index, embedding })];
  });
  const tokens = vectors.reduce((sum, vector) => sum + vector.tokenCount, 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  const rest = JSON.stringify({ model: asked.embedder.spec.id, usage });
  return new JsonText(around('{"object":"list","data":', data, `,${rest.slice(1)}`));
};

/** A request for more would end the server for lack of memory, and all others with it. */
async function checkRows({ embedder, texts, inputType }: Asked, signal: AbortSignal): Promise<void> {
  const { dimensions, maxTokens } = embedder;
  const most = Math.floor(MOST_ROW_NUMBERS / dimensions);
  const rowsOfAll = (counts: readonly number[]) => counts.reduce((sum, count) => sum + Math.min(count, maxTokens), 0);
  // Nearly every token has a byte of its own: short texts need not be counted.
  if (rowsOfAll(texts.map((text) => Buffer.byteLength(text) + FRAME_TOKENS)) <= most) return;
  const rows = rowsOfAll(await embedder.countTokens(texts, { inputType, signal }));
  if (rows <= most) return;
  throw new Failure(413, "Validation", `The texts have ${rows} tokens, and one answer up to ${most} rows: send fewer`);
}

function embedderFor(
  body: Body,
  { embedder }: Context["models"],
  { autoTruncate, maxBatchTexts }: Context["settings"],
  field = "inputs",
): Asked {
  if (embedder === undefined) throw new Failure(424, "Backend", "Model is not an embedding model");
  const { texts } = textsOf(body, field, maxBatchTexts);
  const side = choiceOf(body, "prompt_name", ["query", "document"]) ?? sideOf(body);
  if (choiceOf(body, "truncation_direction", ["Left", "Right", "left", "right"])?.toLowerCase() === "left") {
    throw validation("`truncation_direction` can only be right");
  }
  const cutAsked = flagOf(body, "truncate", autoTruncate);
  const { fewShot, documentInstruction = "" } = embedder.any.spec;
  // A text alone is most often a query, and goes ahead of longer lists even if the request does not say what it is. Where documents get an
  // instruction, lists are read like it, as they are and as the text alone. Few-shot models write more into a query than its instruction.
  const isBare = side === undefined && fewShot === undefined && (texts.length === 1 || documentInstruction !== "");
  const inputType = side === "query" || isBare ? "query" : "document";
  return { embedder: embedder.use({ cut: cutAsked, instructed: side !== undefined }), texts, inputType };
}

/** NIM's name for the side, which some clients send to any server. */
function sideOf(body: Body): "query" | "document" | undefined {
  const type = choiceOf(body, "input_type", ["query", "passage"]);
  return type === "passage" ? "document" : type;
}

/** Vectors and token counts, by one reading of each text. */
function vectorsOf({ embedder, texts, inputType }: Asked, signal: AbortSignal) {
  return embedder.embed(texts, { inputType, signal, outputs: ["dense", "tokenCount"] });
}

/** Cuts a vector, then normalises it, as TEI does. */
function cut(vector: Float32Array, dimensions: number | undefined): Float32Array {
  if (dimensions === undefined || dimensions === vector.length) return vector;
  const short = vector.slice(0, dimensions);
  const norm = Math.sqrt(short.reduce((sum, value) => sum + value * value, 0));
  return norm === 0 ? short : short.map((value) => value / norm);
}

/** Little-endian float32, on any machine. */
function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes.toString("base64");
}

function* around(before: string, pieces: Iterable<string>, behind: string) {
  yield before;
  yield* pieces;
  yield behind;
}

function* rowsOf({ data, rows, dimensions }: TokenVectors): Generator<Float32Array, void, undefined> {
  for (let row = 0; row < rows; row++) yield data.subarray(row * dimensions, (row + 1) * dimensions);
}

function pairsOf({ indices, values }: SparseVector): { index: number; value: number }[] {
  return indices.map((index, i) => ({ index, value: values[i]! }));
}
