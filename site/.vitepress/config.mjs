import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { addressOf, REPOSITORY, siteHref, slug } from "../links.mjs";
import { ENTRIES, PAGES, SECTIONS } from "../pages.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL("..", import.meta.url));
const link = (file) => `/${addressOf(file).replace(/(?<![^/])index\.md$|\.md$/, "")}`;
/** All Markdown files that are no pages, so that VitePress leaves them out. */
const others = markdownFiles(root).filter((file) => !PAGES.includes(file) && !file.startsWith("site/api/"));

export default defineConfig({
  title: "bge-js",
  description: "BGE retrieval models in Node.js: embed, retrieve, rerank; offline, off the event loop.",
  lang: "en",
  // No icon, rather than a request for one that is not there.
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: root,
  srcExclude: others,
  rewrites: addressOf,
  cacheDir: fileURLToPath(new URL("cache", import.meta.url)),
  outDir: fileURLToPath(new URL("dist", import.meta.url)),
  // A page is told of by its own text; the list of files would say nothing more.
  metaChunk: true,
  // The pages lie outside this folder, from where Vue is not found.
  vite: {
    // The index of the search by words is one file.
    build: { chunkSizeWarningLimit: 4000 },
    resolve: { alias: [{ find: /^vue(\/server-renderer)?$/, replacement: `${here}node_modules/vue$1` }] },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: link("docs/start/node.md"), activeMatch: "^/start/" },
      { text: "Models", link: link("docs/choosing-a-model.md") },
      { text: "Troubleshooting", link: link("docs/errors.md") },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: [
      ...SECTIONS.map(({ title, pages }) => ({
        text: title,
        collapsed: ["Measured", "Migration from", "Packages"].includes(title),
        items: pages.map(([file, text]) => ({ text, link: link(file) })),
      })),
      {
        text: "API",
        collapsed: true,
        items: ENTRIES.map(([, name]) => ({
          text: name.replace("@bge-js/", ""),
          link: `/api/${name.replace("@bge-js/", "")}`,
        })),
      },
    ],
    socialLinks: [{ icon: "github", link: REPOSITORY }],
  },
  markdown: {
    anchor: { slugify: slug },
    // Braces are words here, as they are on GitHub.
    attrs: { disable: true },
    config(markdown) {
      const render = markdown.renderer.rules.link_open;
      markdown.renderer.rules.link_open = (tokens, index, options, env, self) => {
        const token = tokens[index];
        const file = relative(root, env.realPath ?? env.path).replaceAll(sep, "/");
        token.attrSet("href", siteHref(file, token.attrGet("href")));
        return render(tokens, index, options, env, self);
      };
    },
  },
});

function markdownFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(node_modules|dist|\..*)$/.test(entry.name) ? [] : markdownFiles(path);
    return entry.name.endsWith(".md") ? [relative(root, path).replaceAll(sep, "/")] : [];
  });
}
