import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BgeError } from "@bge-js/core";
import { invalid, monotonic, sleep } from "@bge-js/core/adapter";
import type { BgeServer, ServeOptions } from "./api.js";
import { createAuthorization } from "./authorization.js";
import { Failure, failureOf } from "./failure.js";
import { bodyOf } from "./fields.js";
import { JsonText, joined, writeAll } from "./json-text.js";
import { createMetrics } from "./metrics.js";
import { loadModels } from "./models.js";
import { keyOf, settingsOf } from "./options.js";
import { isOver, readBody } from "./read-body.js";
import { GET, isOpenai, methodsOf, POST } from "./routes.js";

/** Longer than clients and balancers keep an idle connection, so that none is closed as a request comes. */
const KEEP_ALIVE_MS = 75_000;
const RETRY_AFTER_SECONDS = 1;
/** A client that reads nothing of its answer for this long has gone. */
const SLOW_READER_MS = 60_000;

/**
 * Loads the models and serves them: the routes of Text Embeddings Inference, and OpenAI's `/v1/embeddings` with `/v1/rerank`. Resolves
 * once it accepts requests. Writes nothing to any log.
 *
 * @example
 * await using server = await serve({ port: 8080 });
 * await fetch(`${server.url}/embed`, { method: "POST", headers: { "content-type": "application/json" }, body: '{"inputs":"Hello"}' });
 * @throws BgeError with the codes of `loadEmbedder`; `INVALID_OPTION` for `host` and `port` that cannot be listened on
 */
export async function serve(options: ServeOptions = {}): Promise<BgeServer> {
  const settings = settingsOf(options);
  const isAuthorized = createAuthorization(await keyOf(settings));
  const models = await loadModels(settings);
  const metrics = createMetrics(
    new Set([models.embedder, models.reranker].flatMap((model) => (model === undefined ? [] : model.any.spec.id))),
  );
  const open = new Set<ServerResponse>();
  let working = 0;
  let closing: Promise<void> | undefined;

  const http = createServer((request, response) => {
    open.add(response);
    if (closing !== undefined) response.setHeader("connection", "close");
    response.on("close", () => open.delete(response));
    void answer(request, response);
  });
  http.keepAliveTimeout = KEEP_ALIVE_MS;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const path = url.split("?", 1)[0]!;
    try {
      if (path === "/health") return health(response);
      if (path === "/metrics") return write(response, 200, "text/plain; version=0.0.4", metrics.write());
      if (!isAuthorized(request.headers.authorization)) return unauthorized(request, response);
      const isRead = method === "GET" || method === "HEAD";
      const routes = method === "POST" ? POST : isRead ? GET : {};
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
      if (route === undefined) {
        const methods = methodsOf(path);
        if (methods.length === 0) throw new Failure(404, "Validation", `There is no ${path}`);
        response.setHeader("allow", methods.join(", "));
        throw new Failure(405, "Validation", `${path} does not take ${method}`);
      }
      if (isRead) return await json(response, 200, await route({}, { models, settings, signal: NEVER }));
      await work(request, response, route);
    } catch (error) {
      endUnlessRead(request, response);
      refuse(response, path, failureOf(error));
    }
  }

  function unauthorized(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader("www-authenticate", "Bearer");
    endUnlessRead(request, response);
    write(response, 401, "text/plain", "");
  }

  /** Node drops what is left of a refused body before the next request: not of one that is too long, or may be. */
  function endUnlessRead(request: IncomingMessage, response: ServerResponse): void {
    if (request.complete || response.headersSent) return;
    const mayBeLong = request.headers["transfer-encoding"] !== undefined || isOver(request, settings.maxBodyBytes);
    // The client is told, and does not send its next request into a connection that ends.
    if (mayBeLong) response.setHeader("connection", "close");
  }

  async function work(request: IncomingMessage, response: ServerResponse, route: (typeof POST)[string]): Promise<void> {
    if (closing !== undefined) throw atDoor(new Failure(503, "Unhealthy", "The server is shutting down"));
    if (working >= settings.maxConcurrentRequests) {
      throw atDoor(new Failure(429, "Overloaded", "Model is overloaded"));
    }
    working++;
    const gone = new AbortController();
    const leave = () => gone.abort();
    response.once("close", leave);
    const began = monotonic();
    const seconds = () => (monotonic() - began) / 1000;
    const told = metrics.begin();
    let answered: unknown;
    try {
      const body = bodyOf(await readBody(request, settings.maxBodyBytes));
      answered = await route(body, { models, settings, signal: gone.signal });
      told.end(seconds());
    } catch (error) {
      told.end(seconds(), gone.signal.aborted ? "disconnected" : failureOf(error).type);
      throw error;
    } finally {
      response.off("close", leave);
      // An answer takes memory until its client has read it.
      if (open.has(response)) response.once("close", () => working--);
      else working--;
    }
    response.setHeader("x-total-time", String(Math.round(seconds() * 1000)));
    response.setTimeout(SLOW_READER_MS, () => response.destroy());
    await json(response, 200, answered);
  }

  function atDoor(failure: Failure): Failure {
    metrics.refuse(failure.type);
    return failure;
  }

  function health(response: ServerResponse): void {
    if (closing === undefined) write(response, 200, "text/plain", "");
    else refuse(response, "/health", new Failure(503, "Unhealthy", "The server is shutting down"));
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    http.closeIdleConnections();
    for (const response of open) if (!response.headersSent) response.setHeader("connection", "close");
    const grace = new AbortController();
    const finished = (async () => {
      // A connection whose answer is under way is idle after it.
      for (const response of open) if (!response.writableFinished) await once(response, "close");
      http.closeIdleConnections();
    })();
    const late = sleep(settings.graceMs, undefined, { signal: grace.signal }).then(
      () => http.closeAllConnections(),
      () => {},
    );
    await Promise.race([finished, late]);
    http.closeAllConnections();
    grace.abort();
    await closed;
    metrics.dispose();
    await models.dispose();
  }

  try {
    http.listen(settings.port, settings.host);
    await once(http, "listening");
  } catch (cause) {
    metrics.dispose();
    await models.dispose();
    const problem = invalid(
      "port",
      `${settings.port} of ${settings.host} cannot be listened on: ${(cause as Error).message}`,
    );
    throw new BgeError(problem.code, problem.message, { parameter: "port", cause });
  }
  const { port, family, address } = http.address() as AddressInfo;
  const stop = () => (closing ??= close());
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    port,
    close: stop,
    [Symbol.asyncDispose]: stop,
  };
}

const JSON_TYPE = "application/json";
const NEVER = new AbortController().signal;

/** Answers with an error, in the form that the path's clients read. */
function refuse(response: ServerResponse, path: string, { status, type, message }: Failure): void {
  if (response.headersSent || response.destroyed) return;
  if (status === 429 || status === 503) response.setHeader("retry-after", String(RETRY_AFTER_SECONDS));
  const openai = { error: { message, type, code: status } };
  write(response, status, JSON_TYPE, JSON.stringify(isOpenai(path) ? openai : { error: message, error_type: type }));
}

/** Writes an answer; a long one without a length, in pieces. */
async function json(response: ServerResponse, status: number, value: unknown): Promise<void> {
  if (!(value instanceof JsonText)) return write(response, status, JSON_TYPE, JSON.stringify(value));
  const texts = joined(value.pieces);
  const first = texts.next().value ?? "";
  const second = texts.next();
  if (second.done) return write(response, status, JSON_TYPE, first);
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": JSON_TYPE });
  response.write(first + second.value);
  await writeAll(response, texts);
}

function write(response: ServerResponse, status: number, type: string, text: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
