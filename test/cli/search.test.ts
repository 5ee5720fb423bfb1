import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { BGE, bge, ended, jsonLines, startBge } from "../support/bge.js";
import { addFiles, folderOf } from "../support/folders.js";
import { everyFile } from "../support/hub/cache.js";

interface Hit {
  readonly path: string;
  readonly line: number;
  readonly lastLine: number;
  readonly heading?: string;
  readonly text: string;
  readonly score: number;
}

const FILES = {
  "guide/backup.md":
    "# Backup\r\n\r\nCopies of the database are made every night.\r\n\r\n## Restore\r\n\r\nStop the server before you restore a copy.\r\n",
  "guide/page.html":
    "<html><head><title>x</title></head>\n<body><h1>Fees</h1>\n<p>Schools use it for free.</p></body></html>",
  "licence.txt": "Companies pay by the seat.",
  "src/clock.ts": "// Ticks once a second.\nexport const clock = 1;\n",
  "picture.png": "no picture",
};

const notes = fileURLToPath(new URL("../fixtures/notes", import.meta.url));
/** A terminal for a program, on Linux. */
const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

let folder: string;
beforeEach(() => {
  folder = folderOf(FILES);
});

const find = async (question: string, ...args: string[]) => {
  const { code, out, err } = await bge(["search", folder, question, "--json", ...args], { cwd: folder });
  return { code, err, hits: jsonLines<Hit>(out) };
};

describe("what is found", () => {
  test("the passage, with its file, lines and headings", async () => {
    const { code, hits, err } = await find("How often are copies made?", "--no-index");
    expect(code).toBe(0);
    expect(hits[0]).toMatchObject({
      path: "guide/backup.md",
      line: 1,
      lastLine: 3,
      text: "# Backup\n\nCopies of the database are made every night.",
    });
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
    expect(err).toBe("bge: indexed 4 files in 5 passages (5 new, 0 gone); passed over 1 other file\n");
    expect((await find("how do I get a copy back?", "--no-index", "--top", "1")).hits).toMatchObject([
      { line: 5, lastLine: 7, heading: "Backup" },
    ]);
    expect((await find("do pupils have to pay?", "--no-index", "--rerank", "--top", "1")).hits).toMatchObject([
      { path: "guide/page.html", line: 2, lastLine: 3 },
    ]);
    expect((await find("timer ticking", "--no-index", "--top", "1")).hits).toMatchObject([
      { path: "src/clock.ts", line: 1 },
    ]);
  });

  test("as text, file:line can be opened from where bge was started, and nothing steers the terminal", async () => {
    addFiles(folder, { "odd.md": "# Colours\n\nThe colour is \u001b[31mred\u001b[0m and \u0007loud.\n" });
    const { out } = await bge(["search", "guide", "restore a copy", "--no-index", "--top", "1"], { cwd: folder });
    expect(out).toBe("guide/backup.md:5  Backup\n    ## Restore\n    Stop the server before you restore a copy.\n\n");
    const odd = await bge(["search", folder, "which colour is loud?", "--no-index", "--top", "1"], { cwd: folder });
    expect(odd.out).toContain("The colour is [31mred[0m and loud.");
    for (const steering of ["\u001b", "\u0007", "\r"]) expect(odd.out).not.toContain(steering);
  });

  test.skipIf(!hasScript)("on a terminal: a bar, which is wiped, and the question's words marked", () => {
    const command = `"${process.execPath}" "${BGE}" search . "small dogs" --top 1 --no-index`;
    const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd: notes,
      encoding: "utf8",
      // Node.js sees no colours where CI is set.
      env: { ...process.env, CI: undefined, NO_COLOR: undefined, TERM: "xterm-256color" },
    });
    const seen = stdout.replaceAll("\u001b", "ESC").replaceAll("\r", "CR");
    expect(seen).toMatch(/CRindexing files .*█.* of 4ESC\[KCRESC\[K/);
    expect(seen).toContain("ESC[36mtrains/animals.md:3ESC[39m");
    expect(seen).toMatch(/ESC\[33mSmallESC.*ESC\[33mdogsESC/);
  });

  test("as many as are asked for", async () => {
    addFiles(folder, { "many.md": Array.from({ length: 130 }, (_, i) => `# Part ${i}\n\nNumber ${i}.`).join("\n\n") });
    expect((await find("a number", "--no-index", "--top", "125")).hits).toHaveLength(125);
  });

  test("an empty folder, and one without texts", async () => {
    const { code, out, err } = await bge(["search", folderOf(), "anything", "--no-index"]);
    expect({ code, out, err }).toEqual({ code: 1, out: "", err: "bge: there is no text in this folder\n" });
    expect(
      await bge(["search", folderOf({ "a.png": "x", "empty.md": "", "blank.txt": " \n\n" }), "x", "--no-index"]),
    ).toMatchObject({ code: 1, out: "" });
  });
});

describe("odd files", () => {
  test("names of all kinds", async () => {
    const names = [
      "with space.md",
      "ünïcödé.md",
      "日本語.md",
      "-dash.md",
      "quote'\".md",
      "new\nline.md",
      "a:1.md",
      "%41.md",
      "README",
    ];
    addFiles(
      folder,
      Object.fromEntries(names.map((name, i) => [`odd/${name}`, `Topic number ${i} is about ${"abcdefghi"[i]}mber.`])),
    );
    const { code, hits } = await find("topic number", "--no-index", "--top", "30");
    expect(code).toBe(0);
    expect(hits.map(({ path }) => path)).toEqual(expect.arrayContaining(names.map((name) => `odd/${name}`)));
  });

  test.skipIf(process.platform === "win32")(
    "a name that is not UTF-8, a broken encoding, a file without permission: named, and nothing else is lost",
    async () => {
      writeFileSync(
        Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff]), Buffer.from(".md")]),
        "Never found.",
      );
      writeFileSync(join(folder, "latin.txt"), Buffer.from("Caf\xe9 am See", "latin1"));
      writeFileSync(
        join(folder, "sixteen.txt"),
        Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("Sixteen bits are read.", "utf16le")]),
      );
      writeFileSync(join(folder, "unmarked.txt"), Buffer.from("Without a mark, bytes may be anything.", "utf16le"));
      writeFileSync(join(folder, "binary.md"), Buffer.from([0, 1, 2, 0]));
      writeFileSync(join(folder, "closed.md"), "Closed.");
      chmodSync(join(folder, "closed.md"), 0);
      const { code, err, hits } = await find("sixteen bits", "--no-index");
      expect(code).toBe(1);
      expect(hits[0]).toMatchObject({ path: "sixteen.txt" });
      expect(err).toMatch(/latin\.txt is not UTF-8/);
      expect(err).toMatch(/unmarked\.txt is UTF-16 without a byte order mark/);
      expect(err).not.toContain("binary.md");
      expect(err).toMatch(/bad\ufffd\.md: its name is not UTF-8/);
      // Root may read everything.
      if (userInfo().uid !== 0) expect(err).toMatch(/closed\.md: EACCES/);
    },
  );

  test("what is passed over: hidden, installed, ignored, linked and large files", async () => {
    addFiles(folder, {
      ".hidden/a.md": "secret",
      "node_modules/x/a.md": "secret",
      ".gitignore": "build/\n*.log.md\n!keep.log.md\n",
      "build/a.md": "secret",
      "x.log.md": "secret",
      "keep.log.md": "kept",
      "sub/.gitignore": "/only-here.md\n!x.log.md\n",
      "sub/only-here.md": "secret",
      "sub/x.log.md": "kept too",
      "sub/deep/only-here.md": "kept three",
      "large.txt": "large ".repeat(800_000),
    });
    symlinkSync(folder, join(folder, "loop"));
    symlinkSync(join(folder, "licence.txt"), join(folder, "linked.txt"));
    const { err, hits } = await find("secret", "--no-index", "--top", "30");
    expect(hits.map(({ path }) => path).sort()).toEqual([
      "guide/backup.md",
      "guide/backup.md",
      "guide/page.html",
      "keep.log.md",
      "licence.txt",
      "src/clock.ts",
      "sub/deep/only-here.md",
      "sub/x.log.md",
    ]);
    expect(err).toContain("passed over 1 other file and 2 links");
    expect(err).toContain("large.txt is over 4 MB");
  });
});

test.skipIf(process.platform === "win32")(
  "a name cannot steer the terminal, and a pipe in place of .gitignore is not waited for",
  async () => {
    addFiles(folder, { "odd\u001b]0;x\u0007.txt": new Uint8Array([0xe9, 0x20, 0xe9]) });
    expect(spawnSync("mkfifo", [join(folder, ".gitignore")]).status).toBe(0);
    const { code, err, hits } = await find("copies", "--no-index", "--top", "1");
    expect({ code, path: hits[0]?.path }).toEqual({ code: 1, path: "guide/backup.md" });
    expect(err).toContain("odd]0;x.txt is not UTF-8");
    for (const steering of ["\u001b", "\u0007"]) expect(err).not.toContain(steering);
  },
);

describe("the kept index", () => {
  test("lies in the folder, out of git's sight, and only what changed is read again", async () => {
    expect((await find("x")).err).toContain("(5 new, 0 gone)");
    expect(existsSync(join(folder, ".bge", ".gitignore"))).toBe(true);
    expect((await find("x")).err).toBe("");

    writeFileSync(join(folder, "licence.txt"), "Everybody pays by the hour.");
    const changed = await find("who pays by the hour?", "--top", "1");
    expect(changed.err).toContain("(1 new, 1 gone)");
    expect(changed.hits).toMatchObject([{ path: "licence.txt", text: "Everybody pays by the hour." }]);

    rmSync(join(folder, "licence.txt"));
    const gone = await find("who pays by the hour?", "--top", "30");
    expect(gone.err).toContain("(0 new, 1 gone)");
    expect(gone.hits.some(({ path }) => path === "licence.txt")).toBe(false);
  });

  test("a line put above moves a passage, and embeds nothing", async () => {
    await find("x");
    const file = join(folder, "src", "clock.ts");
    writeFileSync(file, `\n\n${FILES["src/clock.ts"]}`);
    const moved = await find("ticks", "--top", "1");
    expect(moved.hits).toMatchObject([{ path: "src/clock.ts", line: 3 }]);
    expect(moved.err).toBe("");
  });

  test("content counts, not times: a touched file is not embedded, a file of the same size is", async () => {
    await find("x");
    const file = join(folder, "licence.txt");
    utimesSync(file, new Date(), new Date(Date.now() + 60_000));
    expect((await find("x")).err).toBe("");
    writeFileSync(file, FILES["licence.txt"].replace("seat", "yard"));
    expect((await find("yard", "--top", "1")).hits).toMatchObject([{ text: "Companies pay by the yard." }]);
  });

  test("--index says where", async () => {
    const index = join(folderOf(), "deep", "er");
    await find("x", "--index", index);
    expect(existsSync(join(folder, ".bge"))).toBe(false);
    expect((await find("x", "--index", index)).err).toBe("");
    // Another folder beside it.
    const { out } = await bge(["search", join(folder, "guide"), "x", "--json", "--index", index]);
    expect(jsonLines<Hit>(out).length).toBe(3);
    expect((await find("x", "--index", index)).err).toBe("");
  });

  test("a damaged index is made anew, and says so; a damaged manifest is nothing to speak of", async () => {
    await find("x");
    const [data] = everyFile(folder).filter((name) => name.endsWith("data.mdb"));
    truncateSync(join(folder, data!), 5000);
    const anew = await find("Copies of the database", "--top", "1");
    expect(anew.err).toMatch(/cannot be read: .* It is made anew\.\n.*\(5 new, 0 gone\)/s);
    expect(anew.hits).toMatchObject([{ path: "guide/backup.md" }]);
    const [manifest] = everyFile(folder).filter((name) => name.endsWith("files.json"));
    writeFileSync(join(folder, manifest!), "{");
    const again = await find("Copies of the database", "--top", "1");
    expect(again).toMatchObject({ code: 0, err: "", hits: anew.hits });
  });

  test("an interrupted run keeps what it has embedded", async () => {
    const text = `is about this. ${"It is long. ".repeat(10)}`;
    addFiles(folder, Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`many/${i}.md`, `Note ${i} ${text}`])));
    const child = startBge(["search", folder, "x"]);
    const stored = () => {
      const data = everyFile(join(folder, ".bge")).find((name) => name.endsWith("data.mdb"));
      return data === undefined ? 0 : statSync(join(folder, ".bge", data)).size;
    };
    while (stored() < 150_000) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    expect(await ended(child)).toMatchObject({ code: 130, out: "", err: "bge: stopped by SIGINT\n" });
    const { code, err } = await find("x");
    expect(code).toBe(0);
    const added = Number(/\((\d+) new/.exec(err)![1]);
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThan(405);
  });

  test("a place where no index can be kept says what to do", async () => {
    const nowhere = process.platform === "linux" ? ["/proc/x"] : [];
    for (const index of [join(folder, "licence.txt", "index"), ...nowhere]) {
      const { code, err } = await find("x", "--index", index);
      expect(code).toBe(3);
      expect(err).toContain("--index DIR");
      expect(err).toContain("--no-index");
    }
  });
});

test.each([
  [["search"], 2],
  [["search", "."], 2],
  [["search", ".", " "], 2],
  [["search", "/nowhere/at/all", "x"], 3],
  [["search", BGE, "x"], 3],
  [["search", ".", "x", "--top", "0"], 2],
  [["search", ".", "x", "--model", "nobody/nothing", "--offline", "--no-index"], 3],
  [["search", ".", "x", "--model", "bge-js/reranker-small-en", "--no-index"], 3],
])("%j is refused", async (args, code) => {
  const cwd = folderOf();
  mkdirSync(join(cwd, "sub"));
  expect(await bge(args, { cwd })).toMatchObject({ code, out: "", err: expect.stringMatching(/\w/) });
});
