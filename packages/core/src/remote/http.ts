import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { invalid } from "../api/errors.js";
import type { RemoteModel } from "../api/remote.js";
import { sleep } from "../clock.js";
import { unreachable } from "../hub/http.js";
import { HttpFailure } from "../hub/http-failure.js";
import { startRequest } from "../hub/proxy.js";
import { retryAfterMs } from "../hub/retry.js";
import { BadAnswer, Refusal } from "./failure.js";

/** Far more than any answer to one request: 2,048 vectors of 8,192 numbers as text take 350 MB. */
const MOST_ANSWER_BYTES = 512 * 2 ** 20;
const MOST_SAID_CHARACTERS = 300;
const RETRIABLE = new Set([408, 425, 429, 500, 502, 503, 504]);
/** NVIDIA's hosted models may answer later: this is asked for the result, until it has been asked too often. */
const LATER = { status: 202, header: "nvcf-reqid", path: "/status/", pauseMs: 200, most: 1000 };

/** One server's answer. */
export interface Answer {
  readonly json: unknown;
  readonly headers: http.IncomingHttpHeaders;
}

/** Sends requests over connections that are kept open. */
export interface Client {
  /** Sends JSON, or without a `body` a GET. @throws HttpFailure, or the signal's reason */
  send(address: string, path: string, body: object | undefined, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

export function createClient({
  apiKey,
  headers = {},
  timeoutMs = 60_000,
}: Pick<RemoteModel, "apiKey" | "headers" | "timeoutMs">): Client {
  const keepAlive = { keepAlive: true, timeout: timeoutMs };
  const agents = { "http:": new http.Agent(keepAlive), "https:": new https.Agent(keepAlive) };

  async function send(address: string, path: string, body: object | undefined, signal: AbortSignal): Promise<Answer> {
    const answer = await sendOnce(address, path, body, signal);
    const id = answer.status === LATER.status ? answer.headers[LATER.header] : undefined;
    if (typeof id !== "string") return answer;
    for (let asked = 0; asked < LATER.most; asked++) {
      const later = await sendOnce(address, LATER.path + encodeURIComponent(id), undefined, signal);
      if (later.status !== LATER.status) return later;
      await sleep(LATER.pauseMs, undefined, { signal });
    }
    throw new HttpFailure(`${address}${path} has no result after being asked ${LATER.most} times`, {
      retriable: false,
    });
  }

  async function sendOnce(address: string, path: string, body: object | undefined, signal: AbortSignal) {
    const url = new URL(address + path);
    const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const key = await keyOf(apiKey);
    signal.throwIfAborted();
    try {
      const options = {
        method: text === undefined ? "GET" : "POST",
        timeout: timeoutMs,
        signal,
        headers: {
          "user-agent": "bge-js",
          accept: "application/json",
          "accept-encoding": "identity",
          ...(text === undefined ? {} : { "content-type": "application/json", "content-length": text.length }),
          ...headers,
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
      };
      const request = await startRequest(url, options, agents);
      request.on("timeout", () => request.destroy(new Error(`no data for ${timeoutMs / 1000} s`)));
      request.end(text);
      const [response] = (await once(request, "response")) as [IncomingMessage];
      // A later connection error ends the body; without a listener it would end the process.
      request.on("error", () => {});
      return await read(url, response, key);
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof HttpFailure ? cause : unreachable(url, cause);
    }
  }

  return {
    send,
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

async function keyOf(apiKey: RemoteModel["apiKey"]): Promise<string | undefined> {
  if (apiKey === undefined) return undefined;
  const key = typeof apiKey === "function" ? await apiKey() : process.env[apiKey.env];
  if (typeof key === "string" && /^[\x21-\x7e]+$/.test(key.trim())) return key.trim();
  const named = typeof apiKey === "function" ? "returned no key" : `names ${apiKey.env}, which holds no key`;
  throw invalid("apiKey", `${named} (printable ASCII without spaces)`);
}

async function read(
  url: URL,
  response: IncomingMessage,
  key: string | undefined,
): Promise<Answer & { readonly status: number }> {
  const { statusCode: status = 0, headers } = response;
  const where = url.origin + url.pathname;
  if (status >= 300 && status < 400) {
    response.destroy();
    const to = headers.location ?? "";
    const host = URL.canParse(to, url.href) ? ` to ${new URL(to, url).origin}` : "";
    const message = `${where} redirects${host}, which is not followed: the texts and the key are for this address alone. Put the final address into url`;
    throw new HttpFailure(message, { status, retriable: false });
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) {
      response.destroy();
      throw new BadAnswer(`${where} answered more than ${MOST_ANSWER_BYTES} bytes`, { retriable: false });
    }
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString("utf8");
  if (status < 200 || status > 299) {
    throw new Refusal(where, status, said(body, key), {
      retriable: RETRIABLE.has(status),
      retryAfterMs: retryAfterMs(headers),
    });
  }
  // Health checks and requests that are answered later have no body.
  if (body === "" || !/json/.test(headers["content-type"] ?? "json")) return { json: undefined, headers, status };
  try {
    return { json: JSON.parse(body), headers, status };
  } catch (cause) {
    throw new BadAnswer(`${where} answered with JSON that is cut or broken`, { cause });
  }
}

/** Returns the message in an error body, of which every server has its own form, without the key, which some repeat as they refuse it. */
function said(body: string, key: string | undefined): string {
  let found: unknown = body;
  try {
    const json = JSON.parse(body) as Record<string, unknown>;
    found = json["error"] ?? json["message"] ?? json["detail"] ?? json["title"] ?? "";
    // A list of problems has the texts themselves beside each message.
    if (Array.isArray(found)) found = found.map((one: { readonly msg?: unknown }) => one?.msg).join("; ");
    else if (typeof found === "object" && found !== null) found = (found as { readonly message?: unknown }).message;
  } catch {
    // Plain text.
  }
  const words = typeof found === "string" ? found.trim() : "";
  // Before it is cut: the cut may go through the key.
  const text = key === undefined ? words : words.replaceAll(key, "***");
  return text.length > MOST_SAID_CHARACTERS ? `${text.slice(0, MOST_SAID_CHARACTERS)}...` : text;
}
