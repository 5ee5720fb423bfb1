import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { hasLoopback } from "../../../../test/support/loopback.js";
import { downloadImage } from "./download.js";

const SETTINGS = { maxBytes: 1000, maxRedirects: 2, timeoutMs: 5000 };
/** A test's server has a loopback address, which is never public. */
const anywhere = (_address: string) => true;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (url: string, settings: object = {}, isAllowed = anywhere) =>
  downloadImage(new URL(url), { ...SETTINGS, ...settings }, isAllowed);

describe("what is refused without a connection", () => {
  test.each([
    ["http://127.0.0.1/a.png", /127\.0\.0\.1 is not a public address/],
    ["http://[::1]/a.png", /::1 is not a public address/],
    ["http://[::ffff:127.0.0.1]/a.png", /is not a public address/],
    ["http://2130706433/a.png", /127\.0\.0\.1 is not a public address/],
    ["http://0x7f.1/a.png", /127\.0\.0\.1 is not a public address/],
    ["http://localhost/a.png", /localhost \((127\.0\.0\.1|::1)\) is not a public address/],
    ["http://user:word@example.org/a.png", /user name or a password/],
    ["ftp://example.org/a.png", /ftp: URLs are not read/],
  ])("%s", async (url, problem) => {
    const refused = downloadImage(new URL(url), SETTINGS);
    await expect(refused).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringMatching(problem) });
  });

  test("a host that is not listed", async () => {
    const message = expect.stringContaining("example.org is not in allowUrls.hosts");
    for (const hosts of [[], ["ample.org"], ["a.example.org"], ["example.org.net"]]) {
      await expect(get("http://example.org/", { hosts })).rejects.toMatchObject({ code: "INVALID_INPUT", message });
    }
  });

  test("an aborted signal", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(get("http://192.0.2.1/", { signal })).rejects.toThrow("stopped");
  });
});

describe.skipIf(!hasLoopback)("a server", () => {
  test("answers with the bytes, and is told nothing", async () => {
    let headers: object = {};
    const url = await serve((request, response) => {
      headers = request.headers;
      response.end("picture");
    });
    expect(Buffer.from(await get(`${url}/a.png?key=1`)).toString()).toBe("picture");
    expect(Object.keys(headers).sort()).toEqual(["accept", "accept-encoding", "connection", "host"]);
  });

  test("sends more than allowed: by its own word, or without one", async () => {
    const stated = await serve((_, response) => response.setHeader("content-length", 1001).end("x".repeat(1001)));
    const endless = await serve((_, response) => {
      const more = () => response.write("x".repeat(400), () => setImmediate(more));
      response.on("error", () => {});
      more();
    });
    for (const url of [stated, endless]) {
      const message = expect.stringContaining("more than maxBytes (1000)");
      await expect(get(url)).rejects.toMatchObject({ code: "INVALID_INPUT", message });
    }
    await expect(get(stated, { maxBytes: 1001 })).resolves.toHaveLength(1001);
  });

  test("redirects: so often as allowed, and to no address or host that is not", async () => {
    const url = await serve((request, response) => {
      const [, left] = /^\/(\d+)$/.exec(request.url!) ?? [];
      if (left === "0") response.end("there");
      else if (left !== undefined) response.writeHead(302, { location: `/${Number(left) - 1}` }).end();
      else response.writeHead(301, { location: request.url!.slice(4) }).end();
    });
    expect(await get(`${url}/2`)).toHaveLength(5);
    await expect(get(`${url}/3`)).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringContaining("more than 2 redirects"),
    });
    const outside = (address: string) => address !== "10.0.0.1";
    await expect(get(`${url}/to=http://10.0.0.1/a`, {}, outside)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(get(`${url}/to=http://example.org/a`, { hosts: ["127.0.0.1"] })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("example.org is not in"),
    });
    await expect(get(`${url}/to=file:///etc/passwd`)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  test("fails: a status, a broken connection, silence", async () => {
    const url = await serve((request, response) => {
      if (request.url!.startsWith("/broken")) response.write("x", () => response.destroy());
      else if (!request.url!.startsWith("/silent")) response.writeHead(404).end();
    });
    const failed = (path: string, problem: RegExp, settings = {}) =>
      expect(get(`${url}${path}?secret`, settings)).rejects.toMatchObject({
        code: "DOWNLOAD_FAILED",
        message: expect.stringMatching(problem),
      });
    await failed("/none", /\/none could not be downloaded: status 404\.$/);
    await failed("/silent", /not finished after 50 ms/, { timeoutMs: 50 });
    await expect(get(`${url}/broken`)).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
    const stop = new AbortController();
    const running = get(`${url}/silent`, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });
});
