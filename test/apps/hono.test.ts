import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasLoopback } from "../support/loopback.js";

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const README = readFileSync(example("hono/README.md"), "utf8");
const QUESTION = "What do I do when my notebook was stolen?";

interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves once it has printed this. */
  says(text: string): Promise<void>;
}

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill();
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const child = spawn(process.execPath, [example("dist/hono/main.js")], {
    env: { ...process.env, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines: string[] = [];
  const output = createInterface(child.stdout!).on("line", (line) => lines.push(line));
  const says = async (text: string) => {
    while (!lines.some((line) => line.includes(text))) await once(output, "line");
  };
  await says("listening on");
  const [url] = /http:\S+/.exec(lines.at(-1)!)!;
  return { url, child, says };
}

function ask(url: string, text: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/api/chat`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ id: "1", role: "user", parts: [{ type: "text", text }] }] }),
    ...(signal && { signal }),
  });
}

type Chunk = { readonly type: string; readonly [field: string]: unknown };

/** The chunks of a stream of server-sent events: those that arrived together in one list. */
async function* reads(response: Response): AsyncGenerator<Chunk[], undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
    rest = events.pop()!;
    yield events
      .filter((event) => event.startsWith("data: {"))
      .map((event) => JSON.parse(event.slice("data: ".length)));
  }
}

async function allReads(response: Response): Promise<Chunk[][]> {
  const all: Chunk[][] = [];
  for await (const chunks of reads(response)) all.push(chunks);
  return all;
}

const allChunks = async (response: Response) => (await allReads(response)).flat();

describe.skipIf(!hasLoopback)("examples/hono, with the model that quotes", () => {
  let server: Started;
  beforeAll(async () => {
    server = await start();
  });

  test("prints what its README shows", async () => {
    const [, shown] = /```text\n(.*?)```/s.exec(README.slice(README.indexOf("ask.js")))!;
    const env = { ...process.env, SERVER_URL: server.url };
    const { stdout } = await promisify(execFile)(process.execPath, [example("dist/hono/ask.js"), QUESTION], { env });
    expect(stdout).toBe(shown);
  });

  test("sends three sources first, then the answer word by word", async () => {
    const response = await ask(server.url, QUESTION);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const arrived = await allReads(response);
    const chunks = arrived.flat();
    const types = chunks.map(({ type }) => type);
    const sources = chunks.filter(({ type }) => type === "source-document");
    expect(sources.map(({ title }) => title)).toEqual(["computers.md", expect.any(String), expect.any(String)]);
    expect(types.lastIndexOf("source-document")).toBeLessThan(types.indexOf("text-delta"));
    expect(chunks.map(({ delta }) => delta ?? "").join("")).toMatch(/^A lost laptop is reported .* locked\.$/);
    expect(types.at(-1)).toBe("finish");
    // Words arrive while further ones are still to come.
    expect(arrived.filter((read) => read.some(({ type }) => type === "text-delta")).length).toBeGreaterThan(3);
  });

  test.each([
    ["no JSON", "{"],
    ["no messages", "{}"],
    ["another shape", JSON.stringify({ messages: [{ role: "user", content: "hello" }] })],
    ["no text", JSON.stringify({ messages: [{ id: "1", role: "user", parts: [{ type: "text", text: " " }] }] })],
  ])("refuses %s", async (_, body) => {
    const response = await fetch(`${server.url}/api/chat`, { method: "POST", body });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).not.toBe("");
  });

  test("answers the next question after one whose asker left at once", async () => {
    const leaving = new AbortController();
    const left = ask(server.url, "Who left?", leaving.signal).then((response) => response.text());
    setTimeout(() => leaving.abort(), 5);
    await expect(left).rejects.toThrow("aborted");
    expect((await allChunks(await ask(server.url, QUESTION))).at(-1)).toMatchObject({ type: "finish" });
  });
});

describe.skipIf(!hasLoopback)("examples/hono, with a server of OpenAI's dialect", () => {
  /** Writes words until it is told to end, or nobody listens. */
  const model = createServer(async (request, response) => {
    let body = "";
    for await (const data of request) body += data;
    asked.push({ path: request.url!, key: request.headers.authorization, body: JSON.parse(body), response });
    response.writeHead(200, { "content-type": "text/event-stream" });
    const write = (delta: object, finish_reason: string | null = null) => {
      const choices = [{ index: 0, delta, finish_reason }];
      response.write(
        `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices })}\n\n`,
      );
    };
    for (let i = 0; !response.destroyed && i < most; i++) {
      write({ role: "assistant", content: `word${i} ` });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    write({}, "stop");
    response.end("data: [DONE]\n\n");
  });
  interface Asked {
    readonly path: string;
    readonly key: string | undefined;
    readonly body: { readonly model: string; readonly messages: readonly { role: string; content: string }[] };
    readonly response: ServerResponse;
  }
  const asked: Asked[] = [];
  let most: number;
  let server: Started;
  beforeAll(async () => {
    model.listen(0, "127.0.0.1");
    await once(model, "listening");
    const CHAT_URL = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
    server = await start({ CHAT_URL, CHAT_MODEL: "m", CHAT_API_KEY: "secret" });
  });
  afterAll(() => model.close());
  afterEach(() => asked.splice(0));

  test("passes it the sources and the question, and streams its answer", async () => {
    most = 3;
    const chunks = await allChunks(await ask(server.url, QUESTION));
    expect(chunks.map(({ delta }) => delta ?? "").join("")).toBe("word0 word1 word2 ");
    const [{ path, key, body }] = asked as [Asked];
    expect({ path, key, model: body.model }).toEqual({
      path: "/v1/chat/completions",
      key: "Bearer secret",
      model: "m",
    });
    expect(body.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(body.messages[0]!.content).toMatch(/\n\[1\] A lost laptop is reported .*\n\[2\] .*\n\[3\] .*$/);
    expect(body.messages[1]!.content).toBe(QUESTION);
  });

  test("ends it when the client leaves", async () => {
    most = Number.POSITIVE_INFINITY;
    const leaving = new AbortController();
    const response = await ask(server.url, QUESTION, leaving.signal);
    const reading = reads(response);
    for (;;) {
      const { value: chunks = [] } = await reading.next();
      if (chunks.some(({ type }) => type === "text-delta")) break;
    }
    leaving.abort();
    await once(asked[0]!.response, "close");
    await server.says("the client left");
    most = 1;
    const chunks = await allChunks(await ask(server.url, QUESTION));
    expect(chunks.at(-1)).toMatchObject({ type: "finish" });
  });

  test("says what is missing", async () => {
    const failed = promisify(execFile)(process.execPath, [example("dist/hono/main.js")], {
      env: { ...process.env, CHAT_URL: "http://127.0.0.1:9/v1", CHAT_MODEL: undefined },
    });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("CHAT_URL needs CHAT_MODEL"),
    });
  });
});
