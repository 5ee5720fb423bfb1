import { describe, expect, test } from "vitest";
import { BGE } from "../support/bge.js";
import { hasStrace, runInEmptySurroundings } from "../support/empty-surroundings.js";
import { pdf } from "../support/pdf.js";

const given = { "notes/a.md": "# Pets\n\nSmall dogs travel free." };
const traced = hasStrace;

/** Nothing is written but what the user named, and nothing is sent. */
describe("bge", () => {
  test("embed and rerank leave no file", async () => {
    const embed = await runInEmptySurroundings([BGE, "embed"], { input: '"hello"', traced });
    expect(embed).toMatchObject({ code: 0, err: "", files: [], network: [] });
    const rerank = await runInEmptySurroundings([BGE, "rerank", "-q", "x", "--text"], { input: "hello", traced });
    expect(rerank).toMatchObject({ code: 0, err: "", files: [], network: [] });
  });

  test("a PDF is read in memory, without a file or a connection", async () => {
    const pdfs = { "notes/a.pdf": pdf([["Small dogs travel free."]]), "notes/broken.pdf": "%PDF-1.7" };
    const read = await runInEmptySurroundings([BGE, "search", "notes", "dogs", "--no-index"], { given: pdfs, traced });
    expect(read).toMatchObject({ code: 1, out: ["notes/a.pdf:1  page 1", "    Small dogs travel free."] });
    expect(read).toMatchObject({ network: [], files: [] });
  });

  test("search writes its index alone", async () => {
    const kept = await runInEmptySurroundings([BGE, "search", "notes", "dogs"], { given, traced });
    expect(kept).toMatchObject({ code: 0, network: [] });
    expect(kept.files.filter((name) => !name.startsWith("cwd/notes/.bge/"))).toEqual([]);
    const none = await runInEmptySurroundings([BGE, "search", "notes", "dogs", "--no-index"], { given, traced });
    expect(none).toMatchObject({ code: 0, network: [], files: [] });
  });

  test("mcp, doctor and models leave no file", async () => {
    const mcp = await runInEmptySurroundings([BGE, "mcp", "notes", "--no-index"], { given, traced });
    expect(mcp).toMatchObject({ code: 0, out: [], network: [], files: [] });
    const doctor = await runInEmptySurroundings([BGE, "doctor", "--no-benchmark"], { traced });
    expect(doctor).toMatchObject({ code: 0, err: "", network: [], files: [] });
    // Beside the list, it says what "export" in it means.
    const models = await runInEmptySurroundings([BGE, "models"], { traced });
    expect(models).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^bge: export: .*\n$/),
      network: [],
      files: [],
    });
  });
});
