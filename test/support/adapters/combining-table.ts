import { readFileSync } from "node:fs";

/** The first column of the table under this heading of docs/combining-retrievers.md. */
export function rowsOf(heading: string): string[] {
  const text = readFileSync(new URL("../../../docs/combining-retrievers.md", import.meta.url), "utf8");
  const section = text.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!);
}
