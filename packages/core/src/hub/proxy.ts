import { once } from "node:events";
import http, { type ClientRequest, type RequestOptions } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { connect as startTls } from "node:tls";
import { proxyFor } from "../model/environment.js";
import { HttpFailure } from "./http-failure.js";

// Node 20's fetch does not support proxies, and the library that adds them replaces fetch entirely. One CONNECT is less to trust.

/** Starts a request, through the proxy that the environment sets for this address. @throws HttpFailure */
export async function startRequest(url: URL, options: RequestOptions): Promise<ClientRequest> {
  const via = proxyFor(url);
  if (via === undefined) return (url.protocol === "https:" ? https : http).request(url, options);
  const proxy = proxyUrl(via);
  const authorization = credentials(proxy);
  if (url.protocol === "http:") {
    // The request line has the full address, and the proxy's credentials are a header of the request.
    return clientOf(proxy).request(address(proxy), {
      ...options,
      path: url.href,
      headers: { ...options.headers, host: url.host, ...authorization },
    });
  }
  const tunnel = await openTunnel(proxy, url, authorization, options.signal);
  const secured = startTls({ socket: tunnel, servername: url.hostname });
  // Without an agent, which would open its own connection.
  return https.request(url, { ...options, agent: undefined, createConnection: () => secured });
}

async function openTunnel(
  proxy: URL,
  url: URL,
  authorization: object,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const target = `${url.hostname}:${url.port || "443"}`;
  const request = clientOf(proxy).request(address(proxy), {
    method: "CONNECT",
    path: target,
    headers: { host: target, ...authorization },
    ...(signal === undefined ? {} : { signal }),
    timeout: 30_000,
  });
  request.once("timeout", () => request.destroy(new Error("no answer for 30 s")));
  request.end();
  let answer: [http.IncomingMessage, Socket];
  try {
    answer = (await once(request, "connect")) as typeof answer;
  } catch (cause) {
    throw new HttpFailure(`the proxy ${proxy.host} cannot be reached (${(cause as Error).message})`, { cause });
  }
  const [{ statusCode = 0 }, socket] = answer;
  if (statusCode === 200) return socket;
  socket.destroy();
  const hint = statusCode === 407 ? ". It needs credentials: http://user:password@host:port" : "";
  throw new HttpFailure(`the proxy ${proxy.host} refused the tunnel with status ${statusCode}${hint}`, {
    retriable: statusCode >= 500,
  });
}

function proxyUrl(text: string): URL {
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === "http:" || proxy?.protocol === "https:") return proxy;
  // The message leaves out the address, which may contain a password.
  throw new HttpFailure("HTTPS_PROXY, HTTP_PROXY or ALL_PROXY must be an http:// or https:// address", {
    retriable: false,
  });
}

function clientOf(proxy: URL): typeof http | typeof https {
  return proxy.protocol === "https:" ? https : http;
}

function address(proxy: URL): URL {
  return new URL(proxy.origin);
}

function credentials({ username, password }: URL): { readonly "proxy-authorization"?: string } {
  if (username === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}
