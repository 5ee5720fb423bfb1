// What is checked of the built site: every link and anchor leads somewhere, and nothing is loaded from another host.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { Parser } from "htmlparser2";

/** Attributes by which a page loads something; a link that a reader may follow is none. */
const LOADED = {
  script: "src",
  link: "href",
  img: "src",
  iframe: "src",
  source: "src",
  video: "src",
  audio: "src",
  object: "data",
  embed: "src",
};

/** @returns {string[]} one line a problem */
export function problemsOf(folder) {
  const files = readdirSync(folder, { recursive: true }).map((name) => name.replaceAll("\\", "/"));
  const pages = new Map(
    files
      .filter((name) => name.endsWith(".html"))
      .map((name) => [name, read(readFileSync(join(folder, name), "utf8"))]),
  );
  const problems = [];
  for (const [name, { links, loaded }] of pages) {
    for (const url of loaded) if (isElsewhere(url)) problems.push(`${name} loads ${url}`);
    for (const href of links) {
      const problem = isElsewhere(href) || href.startsWith("mailto:") ? undefined : deadLink(name, href);
      if (problem !== undefined) problems.push(`${name}: ${problem}`);
    }
  }
  for (const name of files.filter((file) => file.endsWith(".css"))) {
    const css = readFileSync(join(folder, name), "utf8");
    for (const [, url] of css.matchAll(/(?:url\(|@import\s)\s*["']?([^"')\s]+)/g)) {
      if (isElsewhere(url)) problems.push(`${name} loads ${url}`);
    }
  }
  return problems;

  function deadLink(from, href) {
    const [path, anchor] = href.split("#");
    const plain = decodeURI(path.replace(/\?.*$/, ""));
    const target =
      plain === "" ? from : plain.startsWith("/") ? plain.slice(1) : posix.join(posix.dirname(from), plain);
    const name = target === "" || target.endsWith("/") ? `${target}index.html` : target;
    const page = pages.get(name) ?? pages.get(`${name}.html`);
    if (page === undefined) return existsSync(join(folder, name)) ? undefined : `${href} leads nowhere`;
    if (!anchor || page.ids.has(decodeURIComponent(anchor))) return undefined;
    return `${href}: there is no such heading`;
  }
}

function isElsewhere(url) {
  return /^([a-z][a-z+.-]*:)?\/\//i.test(url);
}

function read(html) {
  const ids = new Set();
  const links = [];
  const loaded = [];
  const parser = new Parser({
    onopentag(tag, attributes) {
      if (attributes.id !== undefined) ids.add(attributes.id);
      if (tag === "a" && attributes.href !== undefined) links.push(attributes.href);
      const url = attributes[LOADED[tag]];
      if (url !== undefined) loaded.push(url);
    },
  });
  parser.end(html);
  return { ids, links, loaded };
}
