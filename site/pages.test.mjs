import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { anchorsOf, linksOf, targetOf } from "./links.mjs";
import { ENTRIES, PAGES } from "./pages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file) => readFileSync(`${root}/${file}`, "utf8");

test("every page of docs and every package is in the menu, once", () => {
  const docs = readdirSync(`${root}/docs`, { recursive: true }).map((name) => `docs/${name.replaceAll("\\", "/")}`);
  const readmes = readdirSync(`${root}/packages`).map((name) => `packages/${name}/README.md`);
  const there = ["README.md", "bench/README.md", ...docs.filter((file) => file.endsWith(".md")), ...readmes];
  // A page that is missing here needs a line in site/pages.mjs.
  expect([...PAGES].sort()).toEqual(there.sort());
});

test("every entry of a package is in the API reference, but those for our own packages", () => {
  const entries = readdirSync(`${root}/packages`).flatMap((name) => {
    const manifest = JSON.parse(read(`packages/${name}/package.json`));
    return Object.entries(manifest.exports ?? {}).flatMap(([path, { types } = {}]) =>
      types === undefined || path === "./adapter" || name.startsWith("model-")
        ? []
        : [`${manifest.name}${path.slice(1)}`],
    );
  });
  expect(ENTRIES.map(([, name]) => name).sort()).toEqual(entries.sort());
  for (const [file] of ENTRIES) expect(existsSync(`${root}/${file}`), file).toBe(true);
});

describe.each(PAGES)("%s", (file) => {
  test("its links and anchors lead somewhere", () => {
    for (const href of linksOf(read(file))) {
      const { url, page, path, anchor } = targetOf(file, href);
      if (url !== undefined) continue;
      const target = page ?? path ?? file;
      expect(existsSync(`${root}/${target}`), `${href} leads to ${target}`).toBe(true);
      if (anchor !== undefined && target.endsWith(".md")) expect(anchorsOf(read(target)), href).toContain(anchor);
    }
  });

  test("has one title", () => {
    expect(
      read(file)
        .replace(/^```[\s\S]*?^```/gm, "")
        .match(/^# .+$/gm),
    ).toHaveLength(1);
  });
});
