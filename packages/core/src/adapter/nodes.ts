import { BgeError } from "../api/errors.js";
import { checkQuery } from "../text/input.js";

/** A node of LlamaIndex.TS by its shape: it may come from another copy of it. */
interface Node<Mode> {
  readonly type: unknown;
  getContent(metadataMode: Mode): string;
}

/**
 * Returns the text of a node for the model, or `undefined` for an image without text or anything that is not a node.
 */
export function nodeText<Mode>(node: Node<Mode> | undefined, metadataMode: Mode): string | undefined {
  const text = node?.getContent?.(metadataMode);
  return text === "" && String(node!.type).startsWith("IMAGE") ? undefined : text;
}

/** Returns the text parts of a query, which LlamaIndex passes as a string, as parts, or as a bundle of either. */
export function queryText(query: unknown): string {
  if (isObject(query) && "query" in query) return queryText(query["query"]);
  const parts = Array.isArray(query) ? query : [query];
  const texts = parts.filter((part) => typeof part === "string" || (isObject(part) && part["type"] === "text"));
  if (texts.length === 0) throw queryWithoutText(parts);
  const text = texts.map((part) => (typeof part === "string" ? part : part["text"])).join("\n\n");
  checkQuery(text);
  return text;
}

export function queryWithoutText(parts: readonly unknown[]): BgeError {
  const kinds = parts.map((part) => (isObject(part) && typeof part["type"] === "string" ? part["type"] : typeof part));
  const message = `query cannot be used: it has no text, only ${kinds.join(", ") || "an empty list"}.`;
  return new BgeError("INVALID_INPUT", message, { parameter: "query" });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
