import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { messageOf } from "../api/errors.js";
import { HttpFailure } from "./http-failure.js";
import { startRequest } from "./proxy.js";
import { retryAfterMs } from "./retry.js";

const MAX_REDIRECTS = 10;
const RETRIABLE = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface Get {
  readonly url: URL;
  /** Sent to the origin of `url` and to no other: not to another host, port or scheme, nor back after a redirect away. */
  readonly token: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** The longest silence, before the answer and within it. */
  readonly silenceMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The headers of the hub's own answer, where that was a redirect: they describe the file. */
  readonly first: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

/** An address for a message: no query, which may be a signature, and no credentials. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** GET with redirects. Gives answers of 200 and 206; all else is an `HttpFailure`. The caller reads or destroys the body. */
export async function get({ url: start, token, headers, signal, silenceMs }: Get): Promise<Answer> {
  let url = start;
  let trusted = token !== undefined;
  let first: IncomingHttpHeaders | undefined;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    trusted &&= url.origin === start.origin;
    const body = await answerOf(url, {
      ...headers,
      ...(trusted ? { authorization: `Bearer ${token}` } : {}),
    });
    first ??= body.headers;
    const { statusCode: status = 0 } = body;
    if (status === 200 || status === 206) return { status, headers: body.headers, first, body };
    // What is left of an answer of no use must not hold the connection.
    body.destroy();
    const { location } = body.headers;
    if (status < 300 || status > 399 || location === undefined) throw refusal(url, body);
    url = redirected(url, location);
  }
  throw new HttpFailure(`${shown(start)} redirects more than ${MAX_REDIRECTS} times`, { retriable: false });

  async function answerOf(to: URL, sent: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    try {
      const request = await startRequest(to, {
        agent: false,
        timeout: silenceMs,
        headers: { "user-agent": "bge-js", "accept-encoding": "identity", ...sent },
        ...(signal === undefined ? {} : { signal }),
      });
      request.on("timeout", () => request.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)));
      request.end();
      const [answer] = (await once(request, "response")) as [IncomingMessage];
      // A late error of the connection ends the body; here nobody listens any more.
      request.on("error", () => {});
      return answer;
    } catch (cause) {
      signal?.throwIfAborted();
      throw cause instanceof HttpFailure ? cause : unreachable(to, cause);
    }
  }
}

/** A connection that failed, with its reason. A name that does not exist will not exist in a second either. */
export function unreachable(url: URL, cause: unknown): HttpFailure {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = messageOf(cause) || code || "no reason given";
  const retriable = code !== "ENOTFOUND" && !/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|INVALID_CHAR/.test(code ?? "");
  return new HttpFailure(`${shown(url)}: ${reason}`, { cause, retriable });
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:")) return to;
  throw new HttpFailure(`${shown(from)} redirects to where it must not: ${to?.protocol ?? "no address"}`, {
    retriable: false,
  });
}

function refusal(url: URL, { statusCode: status = 0, headers }: IncomingMessage): HttpFailure {
  const code = headers["x-error-code"];
  return new HttpFailure(`${shown(url)} answered ${status}`, {
    status,
    retriable: RETRIABLE.has(status),
    hubCode: typeof code === "string" ? code : undefined,
    retryAfterMs: retryAfterMs(headers),
  });
}
