import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { basename, join } from "node:path";
import { type CallToolResult, Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { BGE, bge, ended, startBge } from "../support/bge.js";
import { addFiles, folderOf } from "../support/folders.js";
import { everyFile } from "../support/hub/cache.js";
import { hasLoopback } from "../support/loopback.js";

const FILES = {
  "guide/pets.md":
    "# Pets\n\nSmall dogs travel free on all trains.\n\n# Bicycles\n\nA bicycle needs a ticket of its own.\n",
  "hours.html": "<html><body><h1>Hours</h1>\n<p>The desk opens at nine.</p></body></html>",
  "src/refund.ts":
    "/** Pays a ticket back. */\nexport function refund(ticket: string): void {\n  ledger.push(ticket);\n}\n",
  ".env": "SECRET=1",
  "node_modules/x/readme.md": "Small dogs travel free on all trains.",
};

let folder: string;
beforeEach(() => {
  folder = folderOf(FILES);
});

interface Passages {
  readonly passages: readonly {
    readonly path: string;
    readonly line: number;
    readonly lastLine: number;
    readonly text: string;
  }[];
}

async function connect(...args: readonly string[]): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [BGE, "mcp", ...args],
      env: environment(),
      stderr: "ignore",
    }),
  );
  onTestFinished(() => client.close());
  return client;
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

async function call(client: Client, name: string, given: Record<string, unknown>): Promise<CallToolResult> {
  return client.callTool({ name, arguments: given });
}

async function search(
  client: Client,
  query: string,
  given: Record<string, unknown> = {},
): Promise<Passages["passages"]> {
  const { structuredContent, isError, content } = await call(client, "search", { query, ...given });
  expect(isError ?? false, JSON.stringify(content)).toBe(false);
  return (structuredContent as unknown as Passages).passages;
}

const textOf = ({ content }: CallToolResult) => content.map((part) => (part.type === "text" ? part.text : "")).join("");

describe("over standard input and output", () => {
  test("says what it does, and that it only reads", async () => {
    const client = await connect(folder, "--no-index");
    expect(client.getServerVersion()).toMatchObject({ name: "bge" });
    expect(client.getInstructions()).toContain(folder);
    const { tools } = await client.listTools();
    expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint, annotations?.openWorldHint])).toEqual(
      [
        ["search", true, false],
        ["read", true, false],
      ],
    );
    for (const { outputSchema, description } of tools)
      expect([typeof outputSchema, description]).toEqual(["object", expect.stringContaining(basename(folder))]);
  });

  test("finds a passage, and reads on from it", async () => {
    const client = await connect(folder, "--no-index");
    const [best] = await search(client, "Can I bring my pet?", { top: 2 });
    expect(best).toMatchObject({ path: "guide/pets.md", line: 1, lastLine: 3 });
    const text = textOf(await call(client, "search", { query: "When is the desk open?" }));
    expect(text).toMatch(/^hours\.html:1-2\nHours\n+The desk opens at nine\./);
    const read = await call(client, "read", { path: best!.path, from: 5, lines: 2 });
    expect(read.structuredContent).toEqual({ path: "guide/pets.md", from: 5, to: 6, of: 7, text: "# Bicycles\n" });
    expect(textOf(read)).toContain("read on from 7");
  });

  test("searches a part of the folders", async () => {
    const client = await connect(folder, "--no-index", "--no-rerank");
    for (const path of ["src", "src/", "/src", "src/refund.ts"]) {
      expect((await search(client, "dogs", { path })).map((passage) => passage.path)).toEqual(["src/refund.ts"]);
    }
    // What holds nothing is told: an agent would take it for an answer.
    for (const path of ["sr", "guide/pets.md/x", ".env", "/etc"]) {
      const { isError, content } = await call(client, "search", { query: "dogs", path });
      expect([path, isError, JSON.stringify(content)]).toEqual([path, true, expect.stringContaining("neither")]);
    }
  });

  test("paths as other tools of agents name files", async () => {
    const client = await connect(folder, "--no-index", "--no-rerank");
    for (const path of ["./hours.html", "guide/../hours.html", join(folder, "hours.html")]) {
      expect((await search(client, "dogs", { path })).map((passage) => passage.path)).toEqual(["hours.html"]);
      expect(textOf(await call(client, "read", { path }))).toContain("The desk opens at nine.");
    }
    for (const path of [".", "", folder]) expect((await search(client, "dogs", { path })).length).toBeGreaterThan(2);
    const several = await connect(join(folder, "guide"), join(folder, "src"), "--no-index", "--no-rerank");
    const read = await call(several, "read", { path: join(folder, "src", "refund.ts"), lines: 1 });
    expect(read.structuredContent).toMatchObject({ path: "src/refund.ts" });
    const wrong = await call(several, "read", { path: "refund.ts" });
    expect([wrong.isError, textOf(wrong)]).toEqual([true, expect.stringContaining("begin with guide/ or src/")]);
  });

  test("a line that is too long for an answer is cut, and says so", async () => {
    addFiles(folder, { "long.md": `${"a".repeat(100_000)}\nthe second line\n` });
    const client = await connect(folder, "--no-index", "--no-rerank");
    const read = await call(client, "read", { path: "long.md" });
    expect(read.structuredContent).toMatchObject({ from: 1, to: 1, of: 2, cut: 40_000 });
    expect(textOf(read)).toMatch(/\(line 1 has 40000 more characters, .*\)\n\n\(lines 1 to 1 of 2; read on from 2\)$/);
    expect((await call(client, "read", { path: "long.md", from: 2 })).structuredContent).not.toHaveProperty("cut");
  });

  test("several folders have names", async () => {
    const other = join(folderOf({ "guide/cats.md": "Cats travel in a basket." }), "guide");
    const client = await connect(join(folder, "guide"), other, "--no-index", "--no-rerank");
    expect((await search(client, "How do cats travel?"))[0]).toMatchObject({ path: "guide-2/cats.md" });
    expect(textOf(await call(client, "read", { path: "guide-2/cats.md" }))).toBe("Cats travel in a basket.");
  });

  test("nothing outside can be read, nor what search cannot find", async () => {
    const outside = folderOf({ "secret.md": "The password is swordfish." });
    symlinkSync(join(outside, "secret.md"), join(folder, "link.md"));
    symlinkSync(outside, join(folder, "linked"));
    const client = await connect(folder, "--no-index", "--no-rerank");
    expect((await search(client, "password")).some(({ text }) => text.includes("swordfish"))).toBe(false);
    const paths = [
      ".env",
      "link.md",
      "linked/secret.md",
      "../x.md",
      join(outside, "secret.md"),
      "guide/../.env",
      "node_modules/x/readme.md",
      "guide",
      "",
      "/etc/passwd",
    ];
    for (const path of paths) {
      const { isError, content } = await call(client, "read", { path });
      expect([path, isError, JSON.stringify(content).includes("swordfish")]).toEqual([path, true, false]);
    }
    // An indexed file that becomes a link.
    rmSync(join(folder, "hours.html"));
    symlinkSync(join(outside, "secret.md"), join(folder, "hours.html"));
    expect(JSON.stringify(await call(client, "read", { path: "hours.html" }))).not.toContain("swordfish");
    // A folder above an indexed file that becomes a link.
    addFiles(outside, { "pets.md": "swordfish" });
    renameSync(join(folder, "guide"), join(folder, "old"));
    symlinkSync(outside, join(folder, "guide"));
    expect(JSON.stringify(await call(client, "read", { path: "guide/pets.md" }))).not.toContain("swordfish");
  });

  test("wrong arguments are told, and the server goes on", async () => {
    const client = await connect(folder, "--no-index", "--no-rerank");
    for (const given of [
      {},
      { query: "" },
      { query: 3 },
      { query: "x", top: 0 },
      { query: "x", top: 51 },
      { query: "  " },
    ]) {
      const result = await call(client, "search", given).catch((error: Error) => ({ isError: true, error }));
      expect([given, result.isError]).toEqual([given, true]);
    }
    expect((await call(client, "read", { path: "hours.html", from: 99 })).isError).toBe(true);
    await expect(call(client, "write", {})).rejects.toThrow();
    expect((await search(client, "dogs"))[0]).toMatchObject({ path: "guide/pets.md" });
  });

  test("files are read again as they change, come and go", async () => {
    const client = await connect(folder, "--no-index", "--no-rerank");
    await search(client, "dogs");
    const found = async (query: string) => (await search(client, query, { top: 1 }))[0]?.text ?? "";
    const becomes = async (query: string, wanted: RegExp) => {
      for (let tries = 0; tries < 50 && !wanted.test(await found(query)); tries++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await found(query)).toMatch(wanted);
    };
    writeFileSync(join(folder, "guide", "pets.md"), "# Pets\n\nParrots are not allowed.\n");
    await becomes("May parrots come?", /Parrots/);
    mkdirSync(join(folder, "new"));
    writeFileSync(join(folder, "new", "lost.txt"), "Lost umbrellas are kept for a month.");
    await becomes("Where is my umbrella?", /umbrellas/);
    rmSync(join(folder, "new"), { recursive: true });
    await becomes("Where is my umbrella?", /^(?!.*umbrellas)/s);
    addFiles(folder, { ".gitignore": "guide/\n" });
    await becomes("May parrots come?", /^(?!.*Parrots)/s);
    rmSync(join(folder, ".gitignore"));
    await becomes("May parrots come?", /Parrots/);
  });

  test.skipIf(process.platform === "win32").each([["--no-index"], ["--no-rerank"]])(
    "a folder is removed and made anew, as builds do: %s",
    async (flag) => {
      const client = await connect(folder, flag);
      const becomes = async (wanted: RegExp) => {
        const found = async () => (await search(client, "What do koalas do?", { top: 1 }))[0]?.text ?? "";
        for (let tries = 0; tries < 50 && !wanted.test(await found()); tries++)
          await new Promise((resolve) => setTimeout(resolve, 100));
        expect(await found()).toMatch(wanted);
      };
      await becomes(/./);
      rmSync(folder, { recursive: true });
      await becomes(/^$/);
      addFiles(folder, { "koalas.md": "Koalas sleep." });
      await becomes(/sleep/);
      writeFileSync(join(folder, "koalas.md"), "Koalas eat leaves.");
      await becomes(/leaves/);
    },
  );

  test.skipIf(process.platform === "win32")("an index that was removed is made anew, and kept", async () => {
    const client = await connect(folder, "--no-rerank");
    await search(client, "dogs");
    rmSync(join(folder, ".bge"), { recursive: true });
    addFiles(folder, { "koalas.md": "Koalas sleep." });
    const found = async () => (await search(client, "What do koalas do?", { top: 1 }))[0]?.text ?? "";
    for (let tries = 0; tries < 50 && !/sleep/.test(await found()); tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await found()).toMatch(/sleep/);
    const kept = everyFile(join(folder, ".bge"));
    for (const name of [/^\.gitignore$/, /store\/data\.mdb$/, /files\.json$/]) {
      expect(kept.some((file) => name.test(file))).toBe(true);
    }
  });

  test.skipIf(process.platform !== "linux")("what git ignores is not watched, nor what is never read", async () => {
    const built = Array.from({ length: 60 }, (_, i) => [`build/${i % 6}/${i}.md`, "x"]);
    const pictures = Array.from({ length: 60 }, (_, i) => [`guide/${i}.png`, "x"]);
    addFiles(folder, { ".gitignore": "build/\n", ...Object.fromEntries([...built, ...pictures]) });
    const client = await connect(folder, "--no-index", "--no-rerank");
    await search(client, "dogs");
    const { pid } = client.transport as StdioClientTransport;
    const openFile = (name: string) => {
      try {
        return readFileSync(`/proc/${pid}/fdinfo/${name}`, "utf8");
      } catch {
        // Closed since it was listed.
        return "";
      }
    };
    const watched = () =>
      readdirSync(`/proc/${pid}/fdinfo`)
        .flatMap((name) => openFile(name).split("\n"))
        .filter((line) => line.startsWith("inotify")).length;
    // Three folders, with three files and the rules.
    for (let tries = 0; tries < 100 && watched() < 7; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(watched()).toBe(7);
  });

  test("two servers share an index: one writes, the other reads what it has read, and takes over", async () => {
    const writer = await connect(folder, "--no-rerank");
    await search(writer, "dogs");
    const reader = await connect(folder, "--no-rerank");
    const found = async (query: string) => (await search(reader, query, { top: 1 }))[0]?.text ?? "";
    const becomes = async (query: string, wanted: RegExp) => {
      for (let tries = 0; tries < 400 && !wanted.test(await found(query)); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(await found(query)).toMatch(wanted);
    };
    expect(await found("dogs")).toMatch(/Small dogs/);
    addFiles(folder, { "new.md": "Parrots are not allowed." });
    await becomes("May parrots come?", /Parrots/);
    // A command beside them.
    const beside = await bge(["search", folder, "parrots", "--top", "1", "--json"]);
    expect(beside).toMatchObject({ code: 0, err: "", out: expect.stringContaining("Parrots") });
    await writer.close();
    addFiles(folder, { "newer.md": "Umbrellas are kept for a month." });
    // The reader hears of it by itself and takes over, before it is asked.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await becomes("Where is my umbrella?", /Umbrellas/);
    expect(await found("May parrots come?")).toMatch(/Parrots/);
  });

  test("ends when its client leaves, and when it is told to", async () => {
    const left = startBge(["mcp", folder, "--no-index"]);
    left.stdin!.end();
    expect(await ended(left)).toMatchObject({ code: 0, out: "" });
    const told = startBge(["mcp", folder, "--no-index"]);
    await once(told.stderr!, "data");
    told.kill("SIGTERM");
    expect((await ended(told)).code).toBe(143);
  });
});

describe.skipIf(!hasLoopback)("over HTTP", () => {
  async function serve(): Promise<{ url: URL; child: ChildProcess }> {
    const child = startBge(["mcp", folder, "--no-index", "--no-rerank", "--http", "0"]);
    onTestFinished(() => void child.kill());
    let err = "";
    while (!err.includes("/mcp\n")) err += String((await once(child.stderr!, "data"))[0]);
    return { url: new URL(/http:\S+/.exec(err)![0]), child };
  }

  test("serves the same tools to several clients, on the loopback interface", async () => {
    const { url, child } = await serve();
    expect(url.hostname).toBe("127.0.0.1");
    const clients = await Promise.all(
      [1, 2].map(async () => {
        const client = new Client({ name: "test", version: "1.0.0" });
        await client.connect(new StreamableHTTPClientTransport(url));
        return client;
      }),
    );
    const answers = await Promise.all(clients.map((client) => search(client, "Can I bring my pet?", { top: 1 })));
    expect(answers.map(([best]) => best?.path)).toEqual(["guide/pets.md", "guide/pets.md"]);
    await Promise.all(clients.map((client) => client.close()));
    child.kill("SIGTERM");
    expect((await once(child, "close"))[0]).toBe(143);
  });

  test("a web page cannot reach it", async () => {
    const { url } = await serve();
    const post = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const sent = request(url, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
        });
        sent.on("response", (response) => resolve(response.resume().statusCode!)).on("error", reject);
        sent.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }));
      });
    expect(await post({ host: "evil.example" })).toBe(403);
    expect(await post({ origin: "https://evil.example" })).toBe(403);
    expect(await post({ origin: "null" })).toBe(403);
    // Pages of other servers on this machine: a development server, or one that somebody else runs.
    for (const origin of ["http://localhost:5173", "http://127.0.0.1:1", "http://localhost", "https://[::1]:8443"])
      expect(await post({ origin }), origin).toBe(403);
    expect(await post({})).not.toBe(403);
    // What some clients send though they are no browser.
    expect(await post({ origin: url.origin })).not.toBe(403);
    expect((await fetch(new URL("/", url))).status).toBe(404);
  });

  test("a port in use", async () => {
    const { url } = await serve();
    expect(await bge(["mcp", folder, "--no-index", "--http", url.port])).toMatchObject({
      code: 3,
      err: expect.stringContaining("EADDRINUSE"),
    });
  });
});

test.each([
  [["mcp"], 2],
  [["mcp", "/nowhere/at/all"], 3],
  [["mcp", BGE], 3],
  [["mcp", ".", "--http", "many"], 2],
])("%j is refused", async (args, code) => {
  expect(await bge(args)).toMatchObject({ code, out: "", err: expect.stringMatching(/\w/) });
});

test.each([
  ["a model that is not there", ["--model", "./no-model", "--no-index"], "MODEL_NOT_FOUND"],
  ["a model that is not there, with an index", ["--model", "./no-model"], "MODEL_NOT_FOUND"],
  ["a place where no index can be kept", ["--index", join(BGE, "index")], "--no-index"],
])("%s is told in one line", async (_, flags, reason) => {
  // Its client does not leave.
  const { code, out, err } = await ended(startBge(["mcp", folder, "--offline", ...flags]));
  expect([code, out]).toEqual([3, ""]);
  expect(err).toMatch(/^bge: .*\n$/);
  expect(err).toContain(reason);
});
