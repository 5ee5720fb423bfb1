import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../test/support/loopback.js";
import { openBrowser } from "./browser.mjs";
import { buildSite, DIST, isInstalled } from "./build.mjs";

const chromium = process.env.BGE_JS_CHROMIUM;

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

  test("says what the page in the repository says", () => {
    expect(readFileSync(join(DIST, "models.html"), "utf8")).toContain("bge-{small,base,large}-{en,zh}");
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
    // Time enough on the busiest machine, so that all stages read what they would.
    site = await serveSite({ index, port: 0, budgetMs: 60_000 });
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

  describe.skipIf(chromium === undefined)("in a browser", () => {
    let browser;
    beforeAll(async () => {
      browser = await openBrowser(chromium);
    }, 60_000);
    afterAll(() => browser?.close());

    test("every page fits the screens of a desk and of a telephone, complains of nothing and asks nobody else", async () => {
      const pages = readdirSync(DIST, { recursive: true }).filter((name) => /(?<!404)\.html$/.test(name));
      expect(pages.length).toBeGreaterThan(70);
      const problems = [];
      for (const page of pages.map((name) => name.replaceAll("\\", "/"))) {
        const found = await browser.goto(`${site.url}/${page}`);
        for (const width of [1440, 390]) {
          await browser.setWidth(width);
          found.push(...(await browser.evaluate(`(${brokenParts})()`)).map((part) => `${width} pixels wide: ${part}`));
        }
        problems.push(...found.map((problem) => `${page}: ${problem}`));
      }
      expect(problems).toEqual([]);
    }, 600_000);

    test("answers a question that is asked there", async () => {
      await browser.goto(`${site.url}/start/node.html`);
      const answers = await browser.evaluate(`(${askIn})("two processes want to write to one index")`);
      expect(answers[0]).toBe("/errors.html#store_in_use");
    }, 60_000);
  });
});

/** Run in a page: what sticks out of it, pictures that did not load, and ways on that are missing. */
async function brokenParts() {
  for (const picture of document.images) picture.loading = "eager";
  await Promise.all([...document.images].map((picture) => picture.decode().catch(() => {})));
  const scrolls = (element) =>
    element !== null &&
    (/auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  const broken = [...document.querySelectorAll(".vp-doc *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element))
    .map((element) => `${element.localName} sticks out: ${element.textContent.slice(0, 60)}`);
  if (document.scrollingElement.scrollWidth > innerWidth) broken.push("the page scrolls sideways");
  for (const { naturalWidth, src } of document.images) if (naturalWidth === 0) broken.push(`${src} is not shown`);
  if (document.querySelector(".pager-link") === null) broken.push("there is no way to the next page");
  return broken;
}

/** Run in a page: asks by the dialog, as a reader does, and resolves to where the answers lead. */
async function askIn(question) {
  document.querySelector(".meaning-open").click();
  const field = document.querySelector(".meaning input");
  field.value = question;
  field.dispatchEvent(new Event("input"));
  document.querySelector(".meaning form").requestSubmit();
  while (document.querySelector(".meaning li") === null) await new Promise((resolve) => setTimeout(resolve, 50));
  return [...document.querySelectorAll(".meaning li a")].map((link) => link.getAttribute("href"));
}
