import { once } from "node:events";
import http, { type ClientRequest, type RequestOptions } from "node:http";
import https from "node:https";
import { isIP, type Socket } from "node:net";
import { connect as startTls } from "node:tls";
import { proxyFor } from "../model/environment.js";
import { connectionFailure, HttpFailure } from "./http-failure.js";

// Node 20's fetch does not support proxies, and the library that adds them replaces fetch entirely. One CONNECT is less to trust.

/** Agents that keep connections open, by the protocol of what is connected to. */
export type Agents = Readonly<Record<"http:" | "https:", http.Agent>>;

/**
 * Starts a request, through the proxy that the environment sets for this address.
 *
 * @param agents for direct connections and those to a proxy for `http:`. @default a connection of its own
 * @throws HttpFailure
 */
export async function startRequest(
  url: URL,
  options: Omit<RequestOptions, "agent">,
  agents?: Agents,
): Promise<ClientRequest> {
  const agentFor = ({ protocol }: URL) => agents?.[protocol as keyof Agents] ?? false;
  const via = proxyFor(url);
  if (via === undefined) return clientOf(url).request(url, { ...options, agent: agentFor(url) });
  const proxy = proxyUrl(via);
  const authorization = credentials(proxy);
  if (url.protocol === "http:") {
    // The request line has the full address, and the proxy's credentials are a header of the request.
    return clientOf(proxy).request(address(proxy), {
      ...options,
      ...ownName(proxy),
      agent: agentFor(proxy),
      path: url.href,
      headers: { ...options.headers, host: url.host, ...authorization },
    });
  }
  const tunnel = await openTunnel(proxy, url, authorization, options.signal);
  const secured = startTls({ socket: tunnel, servername: url.hostname });
  // Without an agent, which would open its own connection.
  return https.request(url, { ...options, createConnection: () => secured });
}

async function openTunnel(
  proxy: URL,
  url: URL,
  authorization: object,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const target = `${url.hostname}:${url.port || "443"}`;
  const request = clientOf(proxy).request(address(proxy), {
    ...ownName(proxy),
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
    throw connectionFailure(`the proxy ${proxy.host} cannot be reached`, cause);
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

/** The name that a proxy's certificate is checked for: Node would take that of the `host` header, which is the server's. */
function ownName({ hostname }: URL): { readonly servername: string } {
  // An address of IPv6 is in brackets here. No address is asked for by name, but the certificate is checked for it.
  const host = hostname.replace(/^\[|\]$/g, "");
  return { servername: isIP(host) === 0 ? host : "" };
}

function clientOf({ protocol }: URL): typeof http | typeof https {
  return protocol === "https:" ? https : http;
}

function address(proxy: URL): URL {
  return new URL(proxy.origin);
}

function credentials({ username, password }: URL): { readonly "proxy-authorization"?: string } {
  if (username === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}
