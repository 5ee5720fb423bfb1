import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder with these files, for the running test: strings and bytes as they are, all else as JSON. */
export function folderOf(files: Readonly<Record<string, unknown>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "bge-js-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  addFiles(folder, files);
  return folder;
}

/** Puts more files into a folder. */
export function addFiles(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    const isAsItIs = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(file, isAsItIs ? content : JSON.stringify(content));
  }
}
