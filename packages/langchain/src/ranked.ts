import { BgeError } from "@bge-js/core";
import { Document, type DocumentInterface } from "@langchain/core/documents";

/** One document of a ranking, as returned by `CohereRerank`. */
export interface RankedResult {
  /** Position in the input list, from 0. */
  readonly index: number;
  readonly relevanceScore: number;
}

/** Returns copies of the ranked documents, with the score in `metadata.relevanceScore` if `scoreInMetadata` is true. */
export function ranked(
  documents: readonly DocumentInterface[],
  ranking: readonly RankedResult[],
  scoreInMetadata: boolean,
): Document[] {
  return ranking.map(({ index, relevanceScore }) => {
    const { pageContent, metadata, id } = documents[index]!; // a ranking's indices refer to this list
    const copy = { pageContent, metadata: scoreInMetadata ? { ...metadata, relevanceScore } : { ...metadata } };
    return new Document(id === undefined ? copy : { ...copy, id });
  });
}

/** Checks that the option `scoreInMetadata` is a boolean, and returns it. */
export function checkFlag(scoreInMetadata: boolean): boolean {
  if (typeof scoreInMetadata === "boolean") return scoreInMetadata;
  const message = "scoreInMetadata must be true or false.";
  throw new BgeError("INVALID_OPTION", message, { parameter: "scoreInMetadata" });
}
