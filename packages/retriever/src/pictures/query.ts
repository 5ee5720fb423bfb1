import { BgeError, type CallOptions } from "@bge-js/core";
import { checkText, invalid, listed } from "@bge-js/core/adapter";
import type { MultimodalEmbedder, MultimodalInput } from "@bge-js/core/multimodal";
import type { Stage } from "../api.js";
import { FIRST_STAGES, stagesToRun } from "../options.js";
import type { Query } from "../rescore.js";
import type { MultimodalQuery } from "./api.js";
import { hasWords } from "./documents.js";

const FIELDS = ["text", "image", "instruction"];

/** Checks a query, of which the picture is not read yet. A blank text counts as none. @throws BgeError `INVALID_INPUT` */
export function checkMultimodalQuery(given: MultimodalQuery): MultimodalInput {
  if (typeof given === "string") return checkMultimodalQuery({ text: given });
  if (typeof given !== "object" || given === null) {
    throw unusable(`it is ${given === null ? "null" : typeof given}, not a string or { text?, image?, instruction? }`);
  }
  const unknown = Object.keys(given).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw unusable(`it has a field ${unknown}; it may have ${listed(FIELDS)}`);
  const { text, image, instruction } = given;
  if (text !== undefined) checkText(text, "query");
  if (image === undefined && !hasWords(text)) throw unusable("it is empty");
  return {
    ...(hasWords(text) && { text }),
    ...(image !== undefined && { image }),
    ...(instruction !== undefined && { instruction }),
  };
}

/** Returns the stages of a search. Words that are not all of a query are looked for by words only if that is asked for. */
export function stagesFor({ text, image }: MultimodalInput, asked: readonly Stage[] | undefined): readonly Stage[] {
  if (asked === undefined && (text === undefined || image !== undefined)) return ["dense"];
  if (text === undefined && asked?.includes("lexical")) {
    throw invalid("stages", "contains lexical, which looks for words, and the query has none");
  }
  return stagesToRun(asked, FIRST_STAGES);
}

/** A query to be read by a model. */
export function toQuery(input: MultimodalInput, embedder: MultimodalEmbedder): Query {
  return { words: input.text ?? "", read: async (limits) => ({ vector: await readQuery(input, embedder, limits) }) };
}

async function readQuery(
  input: MultimodalInput,
  embedder: MultimodalEmbedder,
  limits: CallOptions,
): Promise<Float32Array> {
  try {
    for await (const vector of embedder.embedStream([input], { inputType: "query", ...limits })) return vector;
  } catch (error) {
    if (!(error instanceof BgeError) || error.index === undefined) throw error;
    // The only input is the query, and has no index for who searches.
    const message = `The query cannot be read: ${error.message.replace(/ \(input index 0\)$/, "")}`;
    throw new BgeError(error.code, message, { parameter: "query", cause: error });
  }
  throw invalid("embedder", "returned no vector for a query");
}

function unusable(problem: string): BgeError {
  return new BgeError("INVALID_INPUT", `query cannot be used: ${problem}.`, { parameter: "query" });
}
