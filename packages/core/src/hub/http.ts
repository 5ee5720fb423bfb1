import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { connectionFailure, HttpFailure } from "./http-failure.js";
import { startRequest } from "./proxy.js";
import { retryAfterMs } from "./retry.js";

const MAX_REDIRECTS = 10;
const RETRIABLE = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface Get {
  readonly url: URL;
  /** Sent only to the origin of `url`: not to another host, port or scheme, nor back to it after such a redirect. */
  readonly token: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Timeout without data, before and during the answer. */
  readonly silenceMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The headers of the first answer. If the hub redirects, they describe the file. */
  readonly first: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

/** Formats an address for a message, without the query, which may be a signature, or credentials. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** Sends a GET request, following redirects. The caller must read or destroy the body. @throws HttpFailure unless the status is 200 or 206 */
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
    // An unread body would hold the connection.
    body.destroy();
    const { location } = body.headers;
    if (status < 300 || status > 399 || location === undefined) throw refusal(url, body);
    url = redirected(url, location);
  }
  throw new HttpFailure(`${shown(start)} redirects more than ${MAX_REDIRECTS} times`, { retriable: false });

  async function answerOf(to: URL, sent: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    try {
      const request = await startRequest(to, {
        timeout: silenceMs,
        headers: { "user-agent": "bge-js", "accept-encoding": "identity", ...sent },
        ...(signal === undefined ? {} : { signal }),
      });
      request.on("timeout", () => request.destroy(new Error(`no data for ${silenceMs / 1000} s`)));
      request.end();
      const [answer] = (await once(request, "response")) as [IncomingMessage];
      // A later connection error ends the body; without a listener here it would end the process.
      request.on("error", () => {});
      return answer;
    } catch (cause) {
      signal?.throwIfAborted();
      throw cause instanceof HttpFailure ? cause : unreachable(to, cause);
    }
  }
}

/** Returns the failure of a connection, with its reason. */
export function unreachable(url: URL, cause: unknown): HttpFailure {
  return connectionFailure(shown(url), cause);
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:")) return to;
  throw new HttpFailure(
    `${shown(from)} redirects to an address that is not allowed: ${to?.protocol ?? "invalid URL"}`,
    {
      retriable: false,
    },
  );
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
