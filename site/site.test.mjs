import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../test/support/loopback.js";
import { buildSite, DIST, isInstalled } from "./build.mjs";

/** Only where `npm run docs:build`, or `npm ci --ignore-scripts` in this folder, has set it up. */
describe.skipIf(!isInstalled())("the built site", () => {
  // Fails for a dead link, a missing heading, anything loaded from elsewhere, and whatever TypeDoc warns of.
  beforeAll(buildSite, 900_000);

  test("has a page for the overview, a document, a package and its API", () => {
    for (const [page, title] of [
      ["index.html", "bge-js"],
      ["start/node.html", "Start: plain Node.js"],
      ["packages/core.html", "@bge-js/core"],
      ["errors.html", "Troubleshooting by code"],
      ["api/core.html", "@bge-js/core"],
    ]) {
      expect(readFileSync(join(DIST, page), "utf8")).toMatch(new RegExp(`<h1[^>]*>${title}`));
    }
  });

  test("documents what is public, and nothing else", () => {
    const page = readFileSync(join(DIST, "api", "core.html"), "utf8");
    for (const name of ["loadEmbedder", "loadReranker", "BgeError", "EmbedderOptions"]) {
      expect(page).toContain(`id="${name.toLowerCase()}"`);
    }
    expect(page).not.toContain("checkOptions");
  });

  test("is divided into sections that its own addresses lead to", async () => {
    const { sectionsOf } = await import("./search/sections.mjs");
    const sections = sectionsOf(DIST);
    const entry = sections.find(({ id }) => id === "errors.html#store_in_use");
    expect(entry.title).toBe("Troubleshooting by code: STORE_IN_USE");
    expect(entry.text).toContain("readOnly: true");
    expect(entry.text).not.toMatch(/Permalink|\u200b/);
    expect(new Set(sections.map(({ id }) => id)).size).toBe(sections.length);
  });
});

describe.skipIf(!isInstalled() || !hasLoopback)("the served site", () => {
  const folder = mkdtempSync(join(tmpdir(), "bge-js-site-"));
  const index = join(folder, "index");
  let site;
  beforeAll(async () => {
    const { writeIndex } = await import("./search/index.mjs");
    const { serveSite } = await import("./serve.mjs");
    // Two pages stand for all: what is tried is the way, not the ranking.
    cpSync(join(DIST, "errors.html"), join(folder, "errors.html"));
    cpSync(join(DIST, "bundlers.html"), join(folder, "bundlers.html"));
    const { added } = await writeIndex(folder, index);
    rmSync(join(folder, "bundlers.html"));
    const { unchanged, removed } = await writeIndex(folder, index);
    expect(unchanged + removed).toBe(added);
    expect(removed).toBeGreaterThan(0);
    site = await serveSite({ index, port: 0 });
  }, 120_000);
  afterAll(async () => {
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("answers a question with the section that does", async () => {
    const question = "two processes want to write to one index";
    const response = await fetch(`${site.url}/search.json?q=${encodeURIComponent(question)}`);
    const { results } = await response.json();
    expect(results[0]).toMatchObject({ url: "/errors.html#store_in_use" });
    expect(results[0].excerpt.length).toBeLessThan(260);
  });

  test("refuses an empty and an endless question", async () => {
    for (const q of ["", "%20", "x".repeat(1001)]) {
      expect((await fetch(`${site.url}/search.json?q=${q}`)).status).toBe(400);
    }
  });

  test("tells its pages that questions are answered, and gives them as they are otherwise", async () => {
    const html = await (await fetch(`${site.url}/errors.html`)).text();
    expect(html).toContain('<html data-search="meaning" ');
    expect(html.replace('data-search="meaning" ', "")).toBe(readFileSync(join(DIST, "errors.html"), "utf8"));
    expect(await (await fetch(`${site.url}/`)).text()).toContain("<title>bge-js");
    expect((await fetch(`${site.url}/start/node`)).status).toBe(200);
  });

  test("gives nothing outside its folder", async () => {
    // Not by fetch, which would resolve the dots itself.
    for (const path of [
      "/../../package.json",
      "/%2e%2e/%2e%2e/package.json",
      "/..%2f..%2fpackage.json",
      "/%00",
      "/%zz",
    ]) {
      const status = await new Promise((resolve, reject) => {
        request(`${site.url}`, { path }, (response) => resolve(response.resume().statusCode))
          .on("error", reject)
          .end();
      });
      expect(status, path).toBe(404);
    }
    expect((await fetch(site.url, { method: "POST" })).status).toBe(405);
  });
});
