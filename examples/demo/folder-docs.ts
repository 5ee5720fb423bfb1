import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Embedder } from "@bge-js/core";
import { type SourceText, sourceText, withoutRepeats } from "./documents.js";
import { DemoError, messageOf } from "./errors.js";
import { inSlices } from "./slices.js";
import { createTokenCounter } from "./token-counter.js";
import { TokenSplitter } from "./token-splitter.js";

const TEXT_FILE = /\.(md|mdx|markdown|txt)$/i;

/** Files to split at the same time, so that their token counts share calls. */
const AT_ONCE = 16;

/** Returns the absolute paths of the Markdown and text files in a folder, sorted. */
export async function findFiles(folder: string): Promise<string[]> {
  const files = await listFolder(folder);
  if (files.length === 0) throw new DemoError(`no .md, .mdx, .markdown or .txt file in ${folder}`);
  return files;
}

/** Reads the files in chunks that the model can read whole. */
export async function readChunks(
  folder: string,
  files: readonly string[],
  embedder: Embedder,
  signal: AbortSignal,
): Promise<SourceText[]> {
  const countTokens = createTokenCounter(embedder, signal);
  const splitters = { markdown: new TokenSplitter(true, countTokens), text: new TokenSplitter(false, countTokens) };
  const chunks: SourceText[] = [];
  for (const slice of inSlices(files, AT_ONCE)) {
    signal.throwIfAborted();
    const chunked = slice.map(async (file) => {
      const splitter = /\.txt$/i.test(file) ? splitters.text : splitters.markdown;
      return split(splitter, await readText(file), relative(folder, file).split(sep).join("/"));
    });
    chunks.push(...(await Promise.all(chunked)).flat());
  }
  if (chunks.length === 0) throw new DemoError(`the files in ${folder} are empty`);
  return withoutRepeats(chunks);
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new DemoError(`${folder} is not a folder`);
    return await listFiles(folder);
  } catch (error) {
    if (error instanceof DemoError) throw error;
    throw new DemoError(`cannot read the folder ${folder}: ${messageOf(error)}`);
  }
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1)); // the order of entries differs between file systems
  const lists = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") || entry.name === "node_modules" ? [] : listFiles(path);
    return entry.isFile() && TEXT_FILE.test(entry.name) ? [path] : [];
  });
  return (await Promise.all(lists)).flat();
}

async function readText(file: string): Promise<string> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
    return text.replace(/\r\n?/g, "\n"); // the splitter looks for \n\n
  } catch (error) {
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : messageOf(error);
    throw new DemoError(`cannot read the file ${file}: ${reason}`);
  }
}

async function split(splitter: TokenSplitter, text: string, file: string): Promise<SourceText[]> {
  const chunks: SourceText[] = [];
  let headings: { readonly text: string; readonly line: number } | undefined;
  for (const { pageContent, metadata } of await splitter.createDocuments([text])) {
    const line = headings?.line ?? metadata["loc"].lines.from;
    const whole = headings === undefined ? pageContent : `${headings.text}\n\n${pageContent}`;
    if (isHeading(pageContent)) headings = { text: whole, line };
    else {
      chunks.push(sourceText(whole, titleOf(whole), file, line));
      headings = undefined;
    }
  }
  return chunks;
}

/**
 * True for a heading. The splitter separates headings from paragraphs that it has to split, and neither says much
 * without the other.
 */
function isHeading(chunk: string): boolean {
  return chunk.split("\n").every((line) => line.trim() === "" || /^#{1,6} /.test(line));
}

/** Returns the chunk's first line with words, without Markdown's markup. */
function titleOf(chunk: string): string {
  const line = chunk.split("\n").find((line) => /[\p{L}\p{N}]/u.test(line)) ?? "";
  const words = line
    .replace(/[*`#>|]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return Array.from(words).slice(0, 80).join("");
}
