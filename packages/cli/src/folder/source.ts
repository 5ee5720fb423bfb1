import type { TextFormat } from "@bge-js/core";
import type { Block } from "@bge-js/core/adapter";

/** A text as its reader sees it, with what says where it can be divided. */
export type Source = { readonly text: string } & (
  | {
      readonly format: TextFormat;
      /** The line of the document on which the text begins. @default 1 */
      readonly firstLine?: number;
    }
  | {
      readonly blocks: readonly Block[];
      /** The line of the file on which each line of the text begins, from 1. */
      readonly lines: readonly number[];
    }
);

/** A document as its reader sees it. */
export interface ReadDocument {
  /** Its text, in parts that no passage goes beyond: the pages of a PDF. */
  readonly sources: readonly Source[];
  /** Of a PDF: the line on which each page begins, from 1, and the line behind the last. */
  readonly pages?: readonly number[];
  /** What of it could not be read. */
  readonly lacks?: string;
}

/**
 * A document that has no text for us: why, as what follows its name, and whether it only took too long; or it is no document at
 * all.
 */
export type Unreadable = { readonly problem: string; readonly isLate?: boolean } | { readonly binary: true };
