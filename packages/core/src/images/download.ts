import { type LookupAddress, lookup } from "node:dns";
import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { BgeError, messageOf } from "../api/errors.js";
import type { UrlPolicy } from "../api/multimodal.js";
import { clearTimeout, setTimeout } from "../clock.js";
import { isPublicAddress } from "./addresses.js";
import { checkBytes } from "./read.js";
import { unusable } from "./unusable.js";

interface DownloadSettings extends Required<Omit<UrlPolicy, "hosts">>, Pick<UrlPolicy, "hosts"> {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a picture. Every address that a name stands for must be public, and the connection is made to one that was checked;
 * redirects are checked likewise. Sends no cookie, no credentials, and uses no proxy.
 *
 * @throws BgeError `INVALID_INPUT` (not allowed, too large), `DOWNLOAD_FAILED`
 */
export async function downloadImage(
  start: URL,
  settings: DownloadSettings,
  isAllowed = isPublicAddress,
): Promise<Uint8Array> {
  const { maxRedirects, timeoutMs, signal } = settings;
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(failed(start, `not finished after ${timeoutMs} ms`)), timeoutMs);
  const abort = () => stop.abort(signal!.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    let url = start;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      checkUrl(url, settings, isAllowed);
      const answer = await answerOf(url, stop.signal, isAllowed);
      const { statusCode: status = 0, headers } = answer;
      if (status === 200) return await bodyOf(answer, settings.maxBytes);
      answer.destroy();
      if (status < 300 || status > 399 || headers.location === undefined) throw failed(url, `status ${status}`);
      url = redirected(url, headers.location);
    }
    throw failed(start, `more than ${maxRedirects} redirects`);
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason;
    if (error instanceof Error && error.name === "BgeError") throw error;
    throw failed(start, messageOf(error), error);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", abort);
  }
}

function checkUrl(url: URL, { hosts }: DownloadSettings, isAllowed: typeof isPublicAddress): void {
  if (url.protocol !== "http:" && url.protocol !== "https:") throw unusable(`${url.protocol} URLs are not read`);
  if (url.username !== "" || url.password !== "") throw unusable("its URL holds a user name or a password");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const listed = hosts?.some((name) => host === name.toLowerCase() || host.endsWith(`.${name.toLowerCase()}`)) ?? true;
  if (!listed) throw unusable(`the host ${host} is not in allowUrls.hosts`);
  // A name's addresses are checked as it is looked up.
  if (isIP(host) !== 0 && !isAllowed(host)) throw notPublic(host, host);
}

async function answerOf(url: URL, signal: AbortSignal, isAllowed: typeof isPublicAddress): Promise<IncomingMessage> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const headers = { accept: "image/*", "accept-encoding": "identity" };
  const request = send(url, { agent: false, headers, signal, lookup: checkedLookup(isAllowed) });
  request.end();
  // Its rejection is that of an error of the request, or of the signal.
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}

/** Looks a name up as Node does, and refuses it if any of its addresses is not allowed. */
function checkedLookup(isAllowed: typeof isPublicAddress): LookupFunction {
  return (hostname, options, callback) => {
    lookup(
      hostname,
      { ...options, all: true },
      (error: NodeJS.ErrnoException | null, addresses: LookupAddress[] = []) => {
        if (error !== null) return callback(error, []);
        const refused = addresses.find(({ address }) => !isAllowed(address));
        if (refused !== undefined) return callback(notPublic(hostname, refused.address), []);
        const [first] = addresses;
        if (options.all === true || first === undefined) return callback(null, addresses);
        return callback(null, first.address, first.family);
      },
    );
  };
}

async function bodyOf(answer: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const stated = Number(answer.headers["content-length"] ?? 0);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    checkBytes(stated, maxBytes);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      checkBytes(bytes, maxBytes);
      chunks.push(chunk);
    }
  } finally {
    answer.destroy();
  }
  return Buffer.concat(chunks);
}

function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw failed(from, "a redirect to no URL");
  const to = new URL(location, from);
  if (from.protocol === "https:" && to.protocol !== "https:") throw unusable("its URL redirects from https to http");
  return to;
}

function notPublic(host: string, address: string): BgeError {
  const which = host === address ? address : `${host} (${address})`;
  return unusable(`${which} is not a public address, and pictures are only downloaded from those`);
}

/** Without the query, which may hold a signature. */
function failed(url: URL, problem: string, cause?: unknown): BgeError {
  const message = `The image ${url.origin}${url.pathname} could not be downloaded: ${problem}.`;
  return new BgeError("DOWNLOAD_FAILED", message, { parameter: "image", cause });
}
