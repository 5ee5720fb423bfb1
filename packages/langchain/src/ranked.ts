import { BgeError } from "@bge-js/core";
import { Document, type DocumentInterface } from "@langchain/core/documents";

/** One document of a ranking, as `CohereRerank` gives it. */
export interface RankedResult {
  /** Position in the caller's list. */
  readonly index: number;
  readonly relevanceScore: number;
}

/** The ranked documents as copies, with their score in `metadata.relevanceScore` where it is wanted. */
export function ranked(
  documents: readonly DocumentInterface[],
  ranking: readonly RankedResult[],
  scoreInMetadata: boolean,
): Document[] {
  return ranking.map(({ index, relevanceScore }) => {
    const { pageContent, metadata, id } = documents[index]!; // a ranking's indices are of this list
    const copy = { pageContent, metadata: scoreInMetadata ? { ...metadata, relevanceScore } : { ...metadata } };
    return new Document(id === undefined ? copy : { ...copy, id });
  });
}

/** Refuses an option `scoreInMetadata` that is neither true nor false. */
export function checkFlag(scoreInMetadata: boolean): boolean {
  if (typeof scoreInMetadata === "boolean") return scoreInMetadata;
  const message = "scoreInMetadata must be true or false.";
  throw new BgeError("INVALID_OPTION", message, { parameter: "scoreInMetadata" });
}
