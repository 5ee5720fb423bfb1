import { expect, test } from "vitest";
import { addressOf, anchorsOf, linksOf, siteHref, slug, targetOf } from "./links.mjs";

test("a page's address has no trace of the repository's folders", () => {
  expect(addressOf("README.md")).toBe("index.md");
  expect(addressOf("docs/start/node.md")).toBe("start/node.md");
  expect(addressOf("packages/core/README.md")).toBe("packages/core.md");
  expect(addressOf("site/api/core/index.md")).toBe("api/core/index.md");
});

test("anchors are GitHub's", () => {
  expect(slug("bge-m3: three outputs of one pass")).toBe("bge-m3-three-outputs-of-one-pass");
  expect(slug("`loadEmbedder`")).toBe("loadembedder");
  expect(slug("config_sentence_transformers.json")).toBe("config_sentence_transformersjson");
  expect(slug("MODEL_NOT_FOUND")).toBe("model_not_found");
  expect(anchorsOf("# A b\n## A b\n```sh\n# no heading\n```\n## [Linked](x.md)")).toEqual(["a-b", "a-b-1", "linked"]);
});

test("links lead to a page, into the repository, or elsewhere", () => {
  expect(targetOf("docs/mcp.md", "../packages/cli/README.md#search")).toEqual({
    page: "packages/cli/README.md",
    anchor: "search",
  });
  expect(targetOf("docs/start/node.md", "../search.md")).toEqual({ page: "docs/search.md" });
  expect(targetOf("docs/search.md", "#vectors")).toEqual({ anchor: "vectors" });
  expect(targetOf("README.md", "examples")).toEqual({ path: "examples" });
  expect(targetOf("README.md", "mailto:a@b.c")).toEqual({ url: "mailto:a@b.c" });
  expect(siteHref("docs/mcp.md", "../packages/cli/README.md#search")).toBe("/packages/cli.html#search");
  expect(siteHref("README.md", "examples")).toMatch(/\/tree\/main\/examples$/);
  expect(siteHref("docs/search.md", "../bench/run.mjs")).toMatch(/\/blob\/main\/bench\/run\.mjs$/);
  expect(siteHref("docs/search.md", "#vectors")).toBe("#vectors");
});

test("links in code are none", () => {
  expect(linksOf("[a](b.md) `[c](d.md)`\n```md\n[e](f.md)\n```\n![g](h.svg)")).toEqual(["b.md", "h.svg"]);
});
