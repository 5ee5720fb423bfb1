import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadRetriever } from "@bge-js/retriever";
import { type CallToolResult, Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type KnownFile, type Manifest, NO_FILES } from "../../packages/cli/dist/folder/manifest.js";
import { type IndexedPassage, update } from "../../packages/cli/dist/folder/update.js";
import { nothingAside } from "../../packages/cli/dist/folder/walk.js";
import { createPdfReader } from "../../packages/cli/dist/pdf/reader.js";
import { BGE, bge, jsonLines } from "../support/bge.js";
import { addFiles, folderOf } from "../support/folders.js";
import { pdf, stream } from "../support/pdf.js";

const MANUAL = pdf([
  ["Users' manual of the kettle"],
  [],
  ["Descaling", "", "Pour vinegar into the kettle, and", "wait for an hour.", "", "Rinse it twice."],
  ["Warranty", "", "The maker repairs the kettle for free in its first two years."],
]);
const SCANNED = pdf([{ content: "q 595 0 0 842 0 0 cm /Im1 Do Q", resources: "/XObject << /Im1 10 0 R >>" }], {
  objects: [stream("/Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", "\x80")],
});
const LOCKED = pdf([["Secret."]], {
  objects: [`<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <${"41".repeat(32)}> /U <${"42".repeat(32)}> >>`],
  trailer: "/Encrypt 10 0 R /ID [<00> <00>]",
});

interface Hit {
  readonly path: string;
  readonly page?: number;
  readonly line: number;
  readonly lastLine: number;
  readonly text: string;
}

let folder: string;
beforeEach(() => {
  folder = folderOf({ "kettle.pdf": MANUAL, "tea.md": "# Tea\n\nGreen tea wants water of seventy degrees." });
});

const find = async (question: string, ...args: string[]) => {
  const { code, out, err } = await bge(["search", folder, question, "--json", ...args], { cwd: folder });
  return { code, err, hits: jsonLines<Hit>(out) };
};

describe("search", () => {
  test("finds a passage of a PDF with its page", async () => {
    const { code, err, hits } = await find("How do I remove limescale?", "--no-index", "--top", "1");
    expect({ code, err }).toEqual({ code: 0, err: "bge: indexed 2 files in 4 passages (4 new, 0 gone)\n" });
    expect(hits).toMatchObject([{ path: "kettle.pdf", page: 3, line: 2, lastLine: 7 }]);
    expect(hits[0]!.text).toBe("Descaling\n\nPour vinegar into the kettle, and\nwait for an hour.\n\nRinse it twice.");
    const shown = await bge(["search", folder, "who repairs it?", "--no-index", "--top", "1"], { cwd: folder });
    expect(shown.out).toBe(
      "kettle.pdf:4  page 4\n    The maker repairs the kettle for free in its first two years.\n\n",
    );
    expect((await find("green tea", "--no-index", "--top", "1")).hits[0]).not.toHaveProperty("page");
  });

  test("an index that is kept knows the pages, and reads a PDF again when it has changed", async () => {
    await find("x");
    const kept = await find("vinegar", "--top", "1");
    expect(kept).toMatchObject({ err: "", hits: [{ path: "kettle.pdf", page: 3 }] });
    writeFileSync(join(folder, "kettle.pdf"), pdf([["Descaling", "", "Use citric acid, not vinegar."]]));
    const changed = await find("citric acid", "--top", "1");
    expect(changed.err).toContain("(1 new, 3 gone)");
    expect(changed.hits).toMatchObject([{ path: "kettle.pdf", page: 1 }]);
  });

  test("what cannot be read is named each time with the reason, and costs nothing else", async () => {
    addFiles(folder, {
      "scan.pdf": SCANNED,
      "locked.pdf": LOCKED,
      "broken.pdf": "%PDF-1.7 and no more",
      "half.pdf": MANUAL.subarray(0, MANUAL.length / 2),
    });
    for (const again of [false, true]) {
      const { code, err, hits } = await find("vinegar", "--top", "1");
      expect(code).toBe(1);
      expect(hits).toMatchObject([{ page: 3 }]);
      expect(err.split("\n").filter((line) => !line.startsWith("bge: indexed"))).toEqual([
        "bge: broken.pdf is damaged, or no PDF",
        "bge: half.pdf is damaged, or no PDF",
        "bge: locked.pdf needs a password",
        expect.stringMatching(/^bge: scan\.pdf has no text: its pages are pictures .*OCR/),
        "",
      ]);
      expect(err.includes("indexed")).toBe(!again);
    }
    // As soon as it can be read, it is.
    addFiles(folder, { "scan.pdf": pdf([["Vinegar removes limescale."]]) });
    const { err, hits } = await find("vinegar", "--top", "1");
    expect(err).not.toContain("scan.pdf");
    expect(hits).toMatchObject([{ path: "scan.pdf", page: 1 }]);
  });

  test("pages that are pictures among others are told when the file is read", async () => {
    addFiles(folder, {
      "mixed.pdf": pdf(
        [["Text."], { content: "q 9 0 0 9 0 0 cm /Im1 Do Q", resources: "/XObject << /Im1 10 0 R >>" }],
        { objects: [stream("/Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", "\x80")] },
      ),
    });
    const { code, err } = await find("text");
    expect(code).toBe(0);
    expect(err).toContain("mixed.pdf: no text could be read on page 2");
    expect((await find("text")).err).toBe("");
  });
});

test("a PDF that took too long is tried again after a day, and not before", async () => {
  await using index = await loadRetriever<IndexedPassage>({ reranker: false, lateInteraction: false });
  const file = join(folder, "kettle.pdf");
  const { size, mtimeMs } = statSync(file);
  const found = [{ path: "kettle.pdf", file, kind: "pdf", size, mtimeMs } as const];
  const run = async (before: Manifest, ms?: number) => {
    await using pdfReader = createPdfReader(ms === undefined ? {} : { ms });
    const aside = nothingAside();
    const { files } = await update(index, found, before, {
      countTokens: (text) => text.split(/\s+/).length,
      pdf: pdfReader,
      aside,
      signal: new AbortController().signal,
      onProgress() {},
    });
    return {
      known: files.get("kettle.pdf")!,
      told: aside.unreadable,
      manifest: { files, readAt: Date.now() + 10_000 },
    };
  };
  const first = await run(NO_FILES, 0);
  expect(first.told).toEqual(["kettle.pdf was given up after 0 s, at page 1"]);
  const soon = await run(first.manifest);
  expect(soon).toMatchObject({ told: first.told, known: first.known });
  const aged = (days: number): Manifest => {
    const then = first.known.tried!.first - days * 86_400_000;
    const known: KnownFile = { ...first.known, tried: { first: then, last: then } };
    return { ...first.manifest, files: new Map([["kettle.pdf", known]]) };
  };
  const second = await run(aged(1.1), 0);
  expect(second.told).toEqual(first.told);
  expect(second.known.tried!.last - second.known.tried!.first).toBeGreaterThan(86_400_000);
  expect((await run(second.manifest)).told).toEqual(first.told);
  const third = await run(aged(1.1));
  expect(third.told).toEqual([]);
  expect(third.known.passages).toHaveLength(3);
  expect(third.known).not.toHaveProperty("tried");
});

describe("mcp", () => {
  async function connect(): Promise<Client> {
    const client = new Client({ name: "test", version: "1.0.0" });
    const args = [BGE, "mcp", folder, "--no-index", "--no-rerank"];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: "ignore" }));
    onTestFinished(() => client.close());
    return client;
  }
  const textOf = ({ content }: CallToolResult) => (content[0] as { readonly text: string }).text;
  const call = (client: Client, name: string, given: Record<string, unknown>) =>
    client.callTool({ name, arguments: given }) as Promise<CallToolResult>;

  test("search gives pages, read begins at one or at a line, and says where pages begin", async () => {
    const client = await connect();
    const found = await call(client, "search", { query: "How do I remove limescale?", top: 1 });
    expect(textOf(found)).toMatch(/^kettle\.pdf:2-7 \(page 3\)\nDescaling\n/);
    expect(found.structuredContent).toMatchObject({ passages: [{ page: 3, line: 2 }] });

    const page = await call(client, "read", { path: "kettle.pdf", page: 3 });
    expect(textOf(page)).toBe(
      "[page 3]\nDescaling\n\nPour vinegar into the kettle, and\nwait for an hour.\n\nRinse it twice.\n" +
        "[page 4]\nWarranty\nThe maker repairs the kettle for free in its first two years.",
    );
    expect(page.structuredContent).toMatchObject({
      path: "kettle.pdf",
      from: 2,
      to: 9,
      of: 9,
      pages: [
        { page: 3, line: 2 },
        { page: 4, line: 8 },
      ],
    });
    const lines = await call(client, "read", { path: "kettle.pdf", from: 4, lines: 1 });
    expect(textOf(lines)).toBe("[page 3]\nPour vinegar into the kettle, and\n\n(lines 4 to 4 of 9; read on from 5)");
    for (const given of [{ page: 2 }, { page: 5 }, { from: 10 }, { page: 3, from: 2 }]) {
      expect((await call(client, "read", { path: "kettle.pdf", ...given })).isError).toBe(true);
    }
    expect((await call(client, "read", { path: "tea.md", page: 1 })).isError).toBe(true);
  });

  test("a PDF that cannot be read says why", async () => {
    addFiles(folder, { "scan.pdf": SCANNED });
    const client = await connect();
    const read = await call(client, "read", { path: "scan.pdf" });
    expect(read.isError).toBe(true);
    expect(textOf(read)).toMatch(/^scan\.pdf has no text: its pages are pictures/);
    expect(textOf(await call(client, "search", { query: "x", path: "scan.pdf" }))).toMatch(
      /^Nothing was found: scan\.pdf has no text/,
    );
  });
});
