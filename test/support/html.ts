/** An element or a text of a page, in reading order. */
export interface HtmlPart {
  /** The element's name, or `""` for text. */
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of text, without escapes. */
  readonly text: string;
}

const VOID = new Set(["meta", "img"]);
const TAG = /^<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"<>]*")?)*)>/;
const STYLE = /^<style>([^<]*)<\/style>/;

/**
 * Reads a page strictly: elements are closed in order, attributes quoted, and what is in neither has no `<` or `>`. So whatever was put into
 * the page is text or the value of an attribute.
 */
export function readHtml(page: string): HtmlPart[] {
  const parts: HtmlPart[] = [];
  const open: string[] = [];
  let rest = page.replace(/^<!doctype html>\n/, "");
  if (rest === page) throw new Error("there is no doctype");
  while (rest !== "") {
    const style = STYLE.exec(rest);
    const tag = style === null ? TAG.exec(rest) : null;
    const text = /^[^<>]+/.exec(rest);
    if (style !== null) parts.push({ tag: "style", attributes: {}, text: style[1]! });
    else if (tag !== null) {
      const [, end, name, attributes] = tag as unknown as [string, string, string, string];
      if (end === "") parts.push({ tag: name, attributes: attributesOf(attributes), text: "" });
      if (end === "" && !VOID.has(name)) open.push(name);
      if (end !== "" && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else if (text !== null) {
      if (text[0].trim() !== "") parts.push({ tag: "", attributes: {}, text: plain(text[0]) });
    } else throw new Error(`neither text nor an element: ${rest.slice(0, 80)}`);
    rest = rest.slice((style ?? tag ?? text)![0].length);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
  return parts;
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name!, plain(value ?? "")]),
  );
}

function plain(text: string): string {
  const named = text.replace(/&(lt|gt|quot);/g, (_, name: string) => ({ lt: "<", gt: ">", quot: '"' })[name]!);
  return named.replaceAll("&amp;", "&");
}
