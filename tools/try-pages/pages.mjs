import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const within = (directory) => readdirSync(fileURLToPath(new URL(`../../${directory}`, import.meta.url)));

/** The pages that somebody follows from an empty folder, by their paths. */
export const PAGES = [
  "README.md",
  ...within("docs/start").map((name) => `docs/start/${name}`),
  "docs/add-reranking.md",
  ...within("docs/migrate").map((name) => `docs/migrate/${name}`),
  ...within("packages").map((name) => `packages/${name}/README.md`),
];
