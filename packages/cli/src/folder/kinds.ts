import { extname } from "node:path";

/** How a file is read. */
export type Kind = "markdown" | "html" | "text" | "code" | "pdf";

const EXTENSIONS: Readonly<Record<Kind, string>> = {
  markdown: "md mdx markdown mdown",
  html: "html htm xhtml",
  text: "txt text rst adoc asciidoc org tex",
  pdf: "pdf",
  code:
    "js mjs cjs jsx ts mts cts tsx vue svelte astro py pyi rb php pl lua r jl go rs zig c h cc cpp cxx hpp hh cs fs " +
    "java kt kts scala groovy clj swift m mm dart ex exs erl hrl hs ml mli elm sh bash zsh fish ps1 sql graphql proto " +
    "css scss sass less toml yaml yml ini tf hcl nix cmake gradle",
};

const KINDS = new Map<string, Kind>(
  (Object.keys(EXTENSIONS) as Kind[]).flatMap((kind) =>
    EXTENSIONS[kind].split(" ").map((name) => [`.${name}`, kind] as const),
  ),
);

/** Files with these names have no extension, or the wrong one. */
const NAMES = new Map<string, Kind>([
  ["readme", "text"],
  ["license", "text"],
  ["licence", "text"],
  ["changelog", "text"],
  ["contributing", "text"],
  ["makefile", "code"],
  ["dockerfile", "code"],
]);

/** The largest files that are read, in MB. A larger text is data, or generated; a PDF consists of pictures for the most part. */
const LARGEST_MB = { text: 4, pdf: 100 } as const;

/** Returns how many MB a file of a kind may have to be read. */
export function largestMegabytes(kind: Kind): number {
  return kind === "pdf" ? LARGEST_MB.pdf : LARGEST_MB.text;
}

/** Returns how to read a file, by its name; `undefined` for one that is not read. */
export function kindOf(name: string): Kind | undefined {
  return NAMES.get(name.toLowerCase()) ?? KINDS.get(extname(name).toLowerCase());
}
