import { BgeError } from "@bge-js/core";
import { checkList, nodeText, queryWithoutText } from "@bge-js/core/adapter";
import type { MessageContentDetail } from "@llamaindex/core/llms";
import type { MetadataMode, NodeWithScore } from "@llamaindex/core/schema";
import { extractSingleText } from "@llamaindex/core/utils";

/** Returns the text of one part of a query, or `null` if it is not text. */
export function partText(part: MessageContentDetail | string): string | null {
  if (typeof part === "string") return part;
  if (typeof part === "object" && part !== null && typeof part.type === "string") return extractSingleText(part);
  throw queryWithoutText([part]);
}

/** Returns the texts of nodes for the model. Throws an error that names the indices of nodes without text. */
export function nodeTexts(nodes: readonly NodeWithScore[], metadataMode: MetadataMode): string[] {
  checkList(nodes, "nodes");
  const texts = nodes.map((node) => nodeText(node?.node, metadataMode));
  const indices = texts.flatMap((text, index) => (text === undefined ? [index] : []));
  if (indices.length === 0) return texts as string[];
  const shown = indices.length > 10 ? `${indices.slice(0, 10).join(", ")}, ...` : indices.join(", ");
  const message = `${indices.length} of ${nodes.length} nodes cannot be ranked, index ${shown}: they are not nodes, or are images without text. Nothing was run.`;
  throw new BgeError("INVALID_INPUT", message, { parameter: "nodes", indices });
}
