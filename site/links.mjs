// Where things are: a file's address on the site, a heading's anchor, and what a link in a page leads to. Links are written as they work in
// the repository; everything that leads out of the site becomes a link to the repository.
import { posix } from "node:path";
import { PAGES } from "./pages.mjs";

export const REPOSITORY = "https://github.com/bge-js/bge-js";

/** The page's path on the site, as a Markdown file: `docs/start/node.md` is `start/node.md`. */
export function addressOf(file) {
  if (file === "README.md") return "index.md";
  return file
    .replace(/^docs\//, "")
    .replace(/^site\/api\//, "api/")
    .replace(/\/README\.md$/, ".md");
}

/** A heading's anchor as GitHub makes it, so that a link works in both places. */
export function slug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/**
 * What `href` in `file` leads to: `{ anchor }` on the same page, `{ page, anchor? }` of the site, `{ path, anchor? }` in the repository, or
 * `{ url }` elsewhere.
 */
export function targetOf(file, href) {
  if (/^[a-z][a-z+.-]*:/i.test(href)) return { url: href };
  const [path, anchor] = href.split("#");
  if (path === "") return { anchor };
  const target = posix.normalize(posix.join(posix.dirname(file), decodeURI(path)));
  const place = PAGES.includes(target) || target.startsWith("site/api/") ? { page: target } : { path: target };
  return anchor === undefined ? place : { ...place, anchor };
}

/** The link as it stands on the site. */
export function siteHref(file, href) {
  const { page, path, anchor } = targetOf(file, href);
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (page !== undefined) return `/${addressOf(page).replace(/\.md$/, ".html")}${hash}`;
  return path === undefined ? href : `${REPOSITORY}/${/\.\w+$/.test(path) ? "blob" : "tree"}/main/${path}${hash}`;
}

const FENCE = /^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm;

/** The anchors of a page's headings; a repeated one is numbered. */
export function anchorsOf(markdown) {
  const counts = new Map();
  return [...markdown.replace(FENCE, "").matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => {
    const anchor = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

/** The links and pictures of a page, code left out. */
export function linksOf(markdown) {
  const prose = markdown.replace(FENCE, "").replace(/(`+)[\s\S]*?\1/g, "");
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, href]) => href);
}
