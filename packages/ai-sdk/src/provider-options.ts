import type { SharedV3ProviderOptions } from "@ai-sdk/provider";
import type { InputType } from "@bge-js/core";
import { type Checks, checkOptions, isCount, oneOf } from "@bge-js/core/adapter";

/** What `providerOptions.bge` takes in `embed` and `embedMany`. */
export type BgeEmbeddingProviderOptions = {
  /**
   * Queries get the model's query instruction, documents its document instruction. @default "document"; "query" for a
   * model made by `queries`
   */
  readonly inputType?: InputType;
  /** Length of the vectors, for models trained to be cut. @default the model's */
  readonly dimensions?: number;
};

const CHECKS: Checks<BgeEmbeddingProviderOptions> = { inputType: oneOf("query", "document"), dimensions: isCount };

/** @throws BgeError `INVALID_OPTION` */
export function embeddingOptions(given: SharedV3ProviderOptions | undefined): BgeEmbeddingProviderOptions {
  return checkOptions<BgeEmbeddingProviderOptions>(given?.["bge"] ?? {}, CHECKS, "providerOptions.bge");
}

/** A reranking model has no options of its own. @throws BgeError `INVALID_OPTION` */
export function checkRerankingOptions(given: SharedV3ProviderOptions | undefined): void {
  checkOptions(given?.["bge"] ?? {}, {}, "providerOptions.bge");
}
