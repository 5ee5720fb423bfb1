import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http, { type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Server } from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { promisify } from "node:util";
import { loadEmbedder } from "@bge-js/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PulledModel } from "../../packages/core/src/hub/download.js";
import { pullModel } from "../../packages/core/src/hub/pull.js";
import { verifyModel } from "../../packages/core/src/hub/verify.js";
import { folderOf } from "../support/folders.js";
import { everyFile } from "../support/hub/cache.js";
import { blobName, filesOf, type HubDouble, startHubDouble } from "../support/hub/hub-double.js";
import { result, startProgram } from "../support/hub/program.js";
import { hasLoopback } from "../support/loopback.js";
import { fixture } from "../support/models.js";
import { teiDouble } from "../support/servers/dialects.js";

const ID = "someone/tiny";
const tiny = filesOf(fixture("tiny-bert-cls"));
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
let hub: HubDouble;
let cache: string;
const servers: Server[] = [];
const portOf = (server: Server) => (server.address() as AddressInfo).port;
async function listen<T extends Server>(server: T): Promise<T> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

beforeEach(async () => {
  cache = folderOf();
  hub = await startHubDouble(ID);
  hub.commit(tiny);
  vi.stubEnv("HF_HUB_OFFLINE", "");
  vi.stubEnv("HF_HOME", cache);
  vi.stubEnv("HF_HUB_CACHE", cache);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "HF_TOKEN"])
    vi.stubEnv(name, "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
  await hub[Symbol.asyncDispose]();
});

/** A name that only the proxy knows. */
const NAMED = "inside.test";

/** A proxy for both ways, which wants `user:pass`. */
async function startProxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const credentials = `Basic ${Buffer.from("user:pass").toString("base64")}`;
  const allowed = ({ headers }: IncomingMessage) => headers["proxy-authorization"] === credentials;
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!allowed(request)) return void response.writeHead(407).end();
    const { "proxy-authorization": _, ...headers } = request.headers;
    const { method } = request;
    const forward = http.request(request.url!.replace(NAMED, "127.0.0.1"), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forward).on("error", () => response.destroy());
  });
  server.on("connect", (request: IncomingMessage, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    if (!allowed(request)) return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const [host, port] = request.url!.split(":");
    const target = connect(Number(port), host!.replace(NAMED, "127.0.0.1"), () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    for (const side of [target, socket]) side.on("error", () => void [target, socket].map((each) => each.destroy()));
  });
  return { url: `http://user:pass@127.0.0.1:${portOf(await listen(server))}`, asked };
}

describe.skipIf(!hasLoopback)("a proxy", () => {
  test("is used for what the environment says, with its credentials, which go no further", async () => {
    const proxy = await startProxy();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    await pullModel(ID);
    expect((await verifyModel(ID)).ok).toBe(true);
    expect(proxy.asked).toHaveLength(hub.asked.length);
    expect(proxy.asked.some((line) => line.startsWith(`GET ${hub.store}/objects/`))).toBe(true);
    expect(hub.asked.every(({ headers }) => headers["proxy-authorization"] === undefined)).toBe(true);
  });

  test("is not used for hosts of NO_PROXY", async () => {
    const proxy = await startProxy();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    await pullModel(ID);
    expect(proxy.asked).toEqual([]);
  });

  test("that refuses, or is no address, is named without its password", async () => {
    const proxy = await startProxy();
    vi.stubEnv("HTTP_PROXY", proxy.url.replace("pass@", "wrong-secret@"));
    const refused = await pullModel(ID).catch((error: unknown) => error as Error);
    expect(refused).toMatchObject({ code: "DOWNLOAD_FAILED", message: expect.stringContaining("407") });
    vi.stubEnv("HTTP_PROXY", "socks5://user:wrong-secret@127.0.0.1:1");
    const odd = await pullModel(ID).catch((error: unknown) => error as Error);
    expect(odd).toMatchObject({ code: "DOWNLOAD_FAILED", message: expect.stringContaining("http:// or https://") });
    for (const error of [refused, odd] as Error[])
      expect(`${error.message}${error.stack}`).not.toContain("wrong-secret");
  });
});

describe.skipIf(!hasLoopback || !hasOpenssl)("https", () => {
  /** The double behind TLS, as its certificate's owner. */
  async function secured(key: string, cert: string, target: string): Promise<string> {
    const { port } = new URL(target);
    const options = { key: readFileSync(key), cert: readFileSync(cert) };
    const server = tls.createServer(options, (socket) => {
      const plain = connect(Number(port), "127.0.0.1");
      socket.pipe(plain).pipe(socket);
      for (const side of [plain, socket]) side.on("error", () => void [plain, socket].map((each) => each.destroy()));
    });
    return `https://localhost:${portOf(await listen(server))}`;
  }

  function certificate(): [key: string, cert: string] {
    const folder = folderOf();
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
    const names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert];
    execFileSync("openssl", [...request.split(" "), ...names], { stdio: "ignore" });
    return [key, cert];
  }

  test("goes through a tunnel, and ends at a redirect to http", async () => {
    const proxy = await startProxy();
    const [key, cert] = certificate();
    const endpoint = await secured(key, cert, hub.endpoint);
    const store = await secured(key, cert, hub.store);
    const env = {
      HF_ENDPOINT: endpoint,
      HTTPS_PROXY: proxy.url,
      HF_TOKEN: "hf_secret",
      NODE_EXTRA_CA_CERTS: cert,
      BGE_JS_FAULT: "",
    };
    const insecure = await startProgram("pull", ID, env).ended;
    expect(insecure.stderr).toMatch(/DOWNLOAD_FAILED/);
    expect(insecure.stderr).toContain("redirects to an address that is not allowed: http:");
    expect(everyFile(cache).some((path) => path.includes("/refs/"))).toBe(false);

    hub.fault = ({ at, name }) =>
      at === "resolve" && name === "onnx/model.onnx"
        ? { headers: { location: `${store}/objects/${blobName(tiny[name]!)}?file=${name}` } }
        : undefined;
    expect(result<PulledModel>(await startProgram("pull", ID, env).ended).id).toBe(ID);
    expect((await verifyModel(ID)).ok).toBe(true);
    expect(proxy.asked.every((line) => line.startsWith("CONNECT localhost:"))).toBe(true);
    expect(proxy.asked.some((line) => line.endsWith(new URL(store).port))).toBe(true);
    const sent = (at: string) =>
      new Set(hub.asked.filter((one) => one.at === at).map((one) => one.headers.authorization));
    expect(sent("resolve")).toEqual(new Set(["Bearer hf_secret"]));
    expect(sent("store")).toEqual(new Set([undefined]));

    const untrusted = await startProgram("pull", "someone/other", { ...env, NODE_EXTRA_CA_CERTS: "" }).ended;
    expect(untrusted.stderr).toMatch(
      /self-signed certificate\. .*start Node with its certificate: NODE_EXTRA_CA_CERTS=FILE\. /,
    );
  });

  test("is how a proxy may be reached, whatever is behind it", async () => {
    const proxy = await startProxy();
    const [key, cert] = certificate();
    const reached = await secured(key, cert, proxy.url);
    const via = reached.replace("https://", "https://user:pass@");
    const named = (url: string) => url.replace("127.0.0.1", NAMED);
    const env = { HTTP_PROXY: via, HTTPS_PROXY: via, NODE_EXTRA_CA_CERTS: cert, BGE_JS_FAULT: "" };
    hub.fault = ({ at, name }) =>
      at === "resolve" && name === "onnx/model.onnx"
        ? { headers: { location: named(`${hub.store}/objects/${blobName(tiny[name]!)}?file=${name}`) } }
        : undefined;
    const pulled = await startProgram("pull", ID, { ...env, HF_ENDPOINT: named(hub.endpoint) }).ended;
    expect(result<PulledModel>(pulled).id).toBe(ID);
    expect(proxy.asked.some((line) => line.startsWith(`GET ${named(hub.store)}/objects/`))).toBe(true);

    const untrusted = { ...env, HF_ENDPOINT: "https://hub.example", NODE_EXTRA_CA_CERTS: "" };
    expect((await startProgram("pull", ID, untrusted).ended).stderr).toMatch(
      /the proxy .* cannot be reached: self-signed certificate\. .*NODE_EXTRA_CA_CERTS=FILE\. /,
    );

    // The certificate of what is behind it is for localhost alone: the tunnel is built all the same.
    const strange = await secured(key, cert, hub.endpoint);
    const tunnel = { ...env, HF_ENDPOINT: strange.replace("localhost", NAMED) };
    expect((await startProgram("pull", "someone/other", tunnel).ended).stderr).toMatch(
      /does not match certificate's altnames/,
    );
    expect(proxy.asked.at(-1)).toBe(`CONNECT ${NAMED}:${new URL(strange).port}`);

    // A model behind a server, with connections to the proxy that are kept open.
    const local = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 1 });
    const behind = await teiDouble({ embedder: local });
    const program = `
      const { loadEmbedder } = await import("@bge-js/core");
      const embedder = await loadEmbedder({ url: process.env.URL, api: "tei", queryInstruction: "" });
      console.log(JSON.stringify((await embedder.embedDocuments(["a", "b"])).map((vector) => vector.length)));
      await embedder.dispose();`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, ...env, URL: named(behind.url) },
    });
    expect(JSON.parse(stdout)).toEqual([local.dimensions, local.dimensions]);
    expect(proxy.asked).toContain(`POST ${named(behind.url)}/embed`);
    await behind.close();
    await local.dispose();
  });
});
