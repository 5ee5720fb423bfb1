import { basename } from "node:path";
import { BgeError } from "@bge-js/core";
import { type CallToolResult, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { FolderIndex, Hit } from "../folder/folder-index.js";
import type { Root } from "../folder/walk.js";
import type { LiveIndex } from "./live-index.js";
import { toPath, usablePaths } from "./paths.js";
import { type FileLines, Refused, readFileLines } from "./read-file.js";
import { soonOr } from "./soon-or.js";

/** A first index may take minutes; clients give up on a call after one. */
const PATIENCE_MS = 25_000;
const MOST_PASSAGES = 50;
const MOST_LINES = 2000;

const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;

const PASSAGE = z.object({
  path: z.string(),
  page: z.number().int().optional().describe("of a PDF: the page, from 1"),
  line: z.number().int().describe("first line of the passage, from 1; in a PDF, over all pages"),
  lastLine: z.number().int(),
  heading: z.string().optional().describe("the headings above it"),
  text: z.string(),
  score: z.number().describe("orders the passages of this search; means nothing in another"),
});

const SEARCH = {
  title: "Search by meaning",
  inputSchema: z.object({
    query: z.string().min(1).max(10_000).describe("a question, or what to look for"),
    top: z.number().int().min(1).max(MOST_PASSAGES).default(8).describe("how many passages"),
    path: z.string().optional().describe("search this file or folder alone: docs/ or src/main.ts"),
  }),
  outputSchema: z.object({ passages: z.array(PASSAGE) }),
  annotations: READ_ONLY,
};

const READ = {
  title: "Read a file",
  inputSchema: z.object({
    path: z.string().describe("as search returns it"),
    from: z.number().int().min(1).default(1).describe("first line, from 1"),
    page: z.number().int().min(1).optional().describe("of a PDF: begin with this page, instead of a line"),
    lines: z.number().int().min(1).max(MOST_LINES).default(200).describe("how many lines"),
  }),
  outputSchema: z.object({
    path: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    of: z.number().int().describe("lines in the file"),
    pages: z
      .array(z.object({ page: z.number().int(), line: z.number().int() }))
      .optional()
      .describe("of a PDF: the pages in the text, and the first line that is given of each"),
    text: z.string(),
    cut: z.number().int().optional().describe("characters that the line has beyond those given, as it is too long"),
  }),
  annotations: READ_ONLY,
};

/** Creates a server with the tools `search` and `read`, for one connection or request. */
export function createServer(live: LiveIndex, roots: readonly Root[], version: string): McpServer {
  const names = roots.map(({ name, directory }) => name || basename(directory)).join(", ");
  const folders = roots.map(({ name, directory }) => (name === "" ? directory : `${name}/ is ${directory}`)).join(", ");
  const instructions =
    `Searches ${names} by meaning. Use search to find where something is written or done, then read for more of a file. ` +
    `Paths are relative: ${folders}.`;
  const server = new McpServer({ name: "bge", title: `bge: ${names}`, version }, { instructions });

  // Not all clients show the instructions to their model, and it may have several servers like this one.
  const searching =
    `Finds the passages of ${names} (Markdown, text, HTML, PDF, source code) that best answer a question or match a description, by ` +
    "meaning and by words: also where the words differ from yours. Ask in full sentences, or name what you look for. Returns each " +
    "passage with its path and lines.";
  const reading = `Reads lines of a file of ${names}, or of the text of a PDF, by the path that search returns.`;

  server.registerTool(
    "search",
    { ...SEARCH, description: searching },
    async ({ query, top, path }, { mcpReq: { signal } }) =>
      answer(async () => {
        const index = await ready(live, signal);
        const inside = path === undefined ? "" : toPath(path, roots);
        const within = inside === "" ? undefined : (file: string) => isInside(file, inside);
        const hits = await index.search(query, { top, signal, ...(within && { within }) });
        const passages = hits.map(toPassage);
        const text = passages.length === 0 ? nothing(index, inside) : passages.map(asText).join("\n\n");
        return { content: [{ type: "text", text }], structuredContent: { passages } };
      }),
  );

  server.registerTool(
    "read",
    { ...READ, description: reading },
    async ({ path, from, page, lines }, { mcpReq: { signal } }) =>
      answer(async () => {
        const index = await ready(live, signal);
        const read = await readFileLines(index, toPath(path, roots), { from, page, lines }, signal);
        const { to, of, cut } = read;
        const missing = cut === undefined ? "" : `\n\n(line ${to} has ${cut} more characters, which cannot be read)`;
        const more = to < of ? `\n\n(lines ${read.from} to ${to} of ${of}; read on from ${to + 1})` : "";
        const text = `${withPages(read)}${missing}${more}`;
        return { content: [{ type: "text", text }], structuredContent: { ...read } };
      }),
  );
  return server;
}

function ready(live: LiveIndex, signal: AbortSignal): Promise<FolderIndex> {
  const late = () => new Refused("The files are still being read for the first time. Try again in half a minute.");
  return soonOr(live.current(), PATIENCE_MS, late, signal);
}

/** Tells the client's model what went wrong, if it can do something about it. */
async function answer(work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused || error instanceof BgeError)
      return { isError: true, content: [{ type: "text", text: error.message }] };
    throw error;
  }
}

function isInside(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path}/`);
}

/** A file that cannot be read says why, and a path with nothing indexed is told: it is no answer to the question. */
function nothing(index: FolderIndex, path: string): string {
  const problem = index.fileOf(path)?.problem;
  if (problem !== undefined) return `Nothing was found: ${path} ${problem}.`;
  const searched = [...index.paths()];
  if (searched.length === 0) return "Nothing was found: there is no text in the folders.";
  if (path !== "" && !searched.some((file) => isInside(file, path)))
    throw new Refused(`${path} is neither an indexed file nor a folder with one; ${usablePaths(index.roots)}`);
  return "Nothing was found.";
}

/** The text with a line before each page of a PDF. */
function withPages({ text, from, pages }: FileLines): string {
  if (pages === undefined) return text;
  const lines = text.split("\n");
  const ends = [...pages.slice(1).map(({ line }) => line - from), lines.length];
  return pages
    .map(({ page, line }, i) => [`[page ${page}]`, ...lines.slice(line - from, ends[i])].join("\n"))
    .join("\n");
}

function toPassage({ path, page, line, lastLine, heading, text, score }: Hit) {
  return {
    path,
    ...(page !== undefined && { page }),
    line,
    lastLine,
    ...(heading !== undefined && { heading }),
    text,
    score,
  };
}

function asText({ path, page, line, lastLine, heading, text }: z.infer<typeof PASSAGE>): string {
  const place = page === undefined ? "" : ` (page ${page})`;
  return `${path}:${line}-${lastLine}${place}${heading === undefined ? "" : ` (${heading})`}\n${text}`;
}
