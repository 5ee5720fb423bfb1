import type { TextFormat } from "@bge-js/core";
import type { Block } from "@bge-js/core/adapter";

/** A document as its reader sees it, with what says where it can be divided. */
export type Source = { readonly text: string } & (
  | { readonly format: TextFormat }
  | {
      readonly blocks: readonly Block[];
      /** The line of the file on which each line of the text begins, from 1. */
      readonly lines: readonly number[];
    }
);
