import { BgeError } from "@bge-js/core";
import { checkList, checkQuery } from "@bge-js/core/adapter";
import type { MessageContentDetail } from "@llamaindex/core/llms";
import type { BaseNode, MetadataMode, NodeWithScore } from "@llamaindex/core/schema";
import { extractSingleText } from "@llamaindex/core/utils";

/** Returns the text parts of a query, which LlamaIndex passes as a string, as parts, or as a bundle of either. */
export function queryText(query: unknown): string {
  if (isObject(query) && "query" in query) return queryText(query["query"]);
  const parts = Array.isArray(query) ? query : [query];
  const texts = parts.filter((part) => typeof part === "string" || (isObject(part) && part["type"] === "text"));
  if (texts.length === 0) throw noText(parts);
  const text = texts.map((part) => (typeof part === "string" ? part : part["text"])).join("\n\n");
  checkQuery(text);
  return text;
}

/** Returns the text of one part of a query, or `null` if it is not text. */
export function partText(part: MessageContentDetail | string): string | null {
  if (typeof part === "string") return part;
  if (isObject(part) && typeof part.type === "string") return extractSingleText(part);
  throw noText([part]);
}

/**
 * Returns the text of a node for the model, or `undefined` for an image without text or anything that is not a node.
 */
export function nodeText(node: BaseNode | undefined, metadataMode: MetadataMode): string | undefined {
  const text = node?.getContent?.(metadataMode);
  return text === "" && isImage(node!) ? undefined : text;
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

/** Checks the type, not the class: the node may come from another copy of LlamaIndex. */
function isImage(node: BaseNode): boolean {
  return String(node.type).startsWith("IMAGE");
}

function noText(parts: readonly unknown[]): BgeError {
  const kinds = parts.map((part) => (isObject(part) && typeof part["type"] === "string" ? part["type"] : typeof part));
  const message = `query cannot be used: it has no text, only ${kinds.join(", ") || "an empty list"}.`;
  return new BgeError("INVALID_INPUT", message, { parameter: "query" });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
