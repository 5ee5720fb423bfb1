import ts from "typescript";

/** Tags about usage, unlike `@since`, `@see`, `@experimental` and the like. */
const TAG_LABELS: Readonly<Record<string, string>> = {
  param: "",
  return: "Returns ",
  returns: "Returns ",
  default: "Default: ",
  throws: "Throws ",
  deprecated: "Deprecated. ",
};

/** Returns a symbol's documentation as plain prose: the description, then parameters, result and defaults. */
export function describe(node: ts.Node): string {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  if (comment === undefined) return "";
  const lines = [ts.getTextOfJSDocComment(comment.comment) ?? "", ...(comment.tags ?? []).map(tagLine)];
  return lines
    .map(plain)
    .filter((line) => line !== "")
    .join("\n");
}

function tagLine(tag: ts.JSDocTag): string {
  const label = TAG_LABELS[tag.tagName.text];
  const text = ts.getTextOfJSDocComment(tag.comment)?.trim() ?? "";
  if (label === undefined || text === "") return "";
  return ts.isJSDocParameterTag(tag) ? `${tag.name.getText()}: ${text}` : `${label}${text}`;
}

/** Removes noise for a model: HTML, link targets, emphasis, fences and blank lines. */
function plain(text: string): string {
  return text
    .replace(/\{@link(?:code|plain)?\s+([^}|\s]+)([^}]*)\}/g, linkText)
    .replace(/!?\[([^\]]*)\]\([^)\s]*\)/g, "$1")
    .replace(
      /<\/?(?:a|b|br|code|dd|div|dl|dt|em|h\d|i|kbd|li|ol|p|pre|small|span|strong|sub|sup|table|tbody|td|th|thead|tr|ul)\b[^>]*>/gi,
      "",
    )
    .replace(/^```.*$/gm, "")
    .replace(/\*\*/g, "")
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

/** `{@link name}`, `{@link name()}`, `{@link name|label}`, `{@link name label}`: the label, else the name. */
function linkText(_link: string, target: string, rest: string): string {
  const label = rest.replace(/^[\s|]+/, "").trim();
  return label === "" || label.startsWith("(") ? target + label : label;
}
