// The sections of the built pages, as documents for the retriever: what stands under a heading, with the page's title before it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "htmlparser2";

/** Parts of a page that are no text of it: anchors, the labels and buttons of code, and pictures. */
const SKIPPED = /\b(header-anchor|lang|copy|line-numbers-wrapper)\b/;
const BLOCKS = new Set(["p", "li", "tr", "pre", "div", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"]);
const VOID = new Set(["br", "hr", "img", "input", "wbr"]);

/** @returns {{ id: string, url: string, title: string, text: string }[]} of all pages in a folder of the built site */
export function sectionsOf(folder) {
  const pages = readdirSync(folder, { recursive: true })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".html") && name !== "404.html");
  return pages.sort().flatMap((name) => sectionsOfPage(readFileSync(join(folder, name), "utf8"), name));
}

/** Sections begin at headings of the first three levels; a section without text of its own is left out. */
export function sectionsOfPage(html, name) {
  const sections = [];
  let page = "";
  let section;
  /** Depth of open elements inside the page's text, and of one that is skipped. */
  let depth = 0;
  let skipped = 0;
  let heading = false;
  const parser = new Parser({
    onopentag(tag, { class: classes = "", id }) {
      if (depth === 0 && !/\bvp-doc\b/.test(classes)) return;
      if (VOID.has(tag)) return;
      depth++;
      if (skipped > 0 || SKIPPED.test(classes) || tag === "svg") {
        skipped++;
        return;
      }
      if (/^h[1-3]$/.test(tag) && id !== undefined) {
        section = { id: `${name}#${id}`, heading: "", text: "" };
        sections.push(section);
        heading = true;
      }
    },
    ontext(text) {
      if (depth === 0 || skipped > 0 || section === undefined) return;
      if (heading) section.heading += text;
      else section.text += text;
    },
    onclosetag(tag) {
      if (depth === 0 || VOID.has(tag)) return;
      depth--;
      if (skipped > 0) {
        skipped--;
        return;
      }
      if (heading && /^h[1-3]$/.test(tag)) {
        heading = false;
        if (tag === "h1") page = section.heading.trim();
      }
      if (section !== undefined && (tag === "td" || tag === "th")) section.text += " | ";
      if (section !== undefined && BLOCKS.has(tag)) section.text += "\n";
    },
  });
  parser.end(html);
  return sections.flatMap(({ id, heading: own, text }) => {
    const body = clean(text);
    if (body === "") return [];
    const name = clean(own);
    const title = name === page || page === "" ? name : `${page}: ${name}`;
    return [{ id, url: `/${id}`, title, text: `${title}\n${body}` }];
  });
}

function clean(text) {
  return text
    .replace(/\u200b/g, "")
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n\s*/g, "\n")
    .trim();
}
