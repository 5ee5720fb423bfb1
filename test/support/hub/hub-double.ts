import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// The part of the hub's HTTP interface that downloads use, as huggingface_hub 2.4.0 speaks it: revisions, trees with LFS hashes
// in pages, `resolve` with its headers, and a store on another port to which large files are redirected. It plays any fault.

export type Files = Readonly<Record<string, Buffer>>;

export interface Asked {
  readonly at: "revision" | "tree" | "resolve" | "store";
  readonly method: string;
  /** The file for `resolve` and `store`, else the revision. */
  readonly name: string;
  readonly headers: IncomingMessage["headers"];
  /** How often the same was asked for before. */
  readonly before: number;
}

/** What goes wrong with one answer. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection ends after so many bytes of the body. */
  readonly cutAfter?: number;
  /** One byte is wrong. */
  readonly corrupt?: boolean;
  /** The body has so many bytes more, or fewer, and says so. */
  readonly resize?: number;
  /** Nothing comes at all. */
  readonly silent?: boolean;
  /** So many bytes, then a pause. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
  readonly ignoreRange?: boolean;
  readonly body?: string;
}

export interface HubDouble extends AsyncDisposable {
  readonly endpoint: string;
  readonly store: string;
  readonly asked: readonly Asked[];
  /** Bytes of file contents that were sent. */
  readonly sent: () => number;
  /** Makes a commit and lets `main`, or another name, be it. */
  commit(files: Files, name?: string): string;
  /** Asked for every request; what it gives goes wrong. */
  fault: (asked: Asked) => Fault | undefined;
  /** Who does not send it gets 401. */
  token: string | undefined;
  /** Entries that a listing has beside the files. */
  extraEntries: readonly object[];
}

const PAGE = 4;
const LFS_BYTES = 100_000;

export const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
export const gitOid = (content: Buffer) =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

/** The files of a folder, by path. */
export function filesOf(folder: string, prefix = ""): Record<string, Buffer> {
  return Object.assign(
    {},
    ...readdirSync(join(folder, prefix), { withFileTypes: true }).map((entry) => {
      const path = `${prefix}${entry.name}`;
      return entry.isDirectory() ? filesOf(folder, `${path}/`) : { [path]: readFileSync(join(folder, path)) };
    }),
  );
}

/** The name of a file's blob in the cache. */
export function blobName(content: Buffer): string {
  return content.length > LFS_BYTES ? sha256(content) : gitOid(content);
}

export async function startHubDouble(id: string): Promise<HubDouble> {
  const commits = new Map<string, Files>();
  const names = new Map<string, string>();
  const asked: Asked[] = [];
  let sent = 0;
  const hub = createServer(
    (request, response) => void answer(request, response, false).catch(() => response.destroy()),
  );
  const store = createServer(
    (request, response) => void answer(request, response, true).catch(() => response.destroy()),
  );
  const [endpoint, storeUrl] = [await listen(hub), await listen(store)];

  const double: HubDouble = {
    endpoint,
    store: storeUrl,
    asked,
    sent: () => sent,
    fault: () => undefined,
    token: undefined,
    extraEntries: [],
    commit(files, name = "main") {
      const sha = createHash("sha1")
        .update(JSON.stringify([commits.size, Object.keys(files)]))
        .digest("hex");
      commits.set(sha, files);
      names.set(name, sha);
      return sha;
    },
    async [Symbol.asyncDispose]() {
      for (const server of [hub, store]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse, isStore: boolean): Promise<void> {
    const url = new URL(request.url ?? "/", endpoint);
    const parts = url.pathname.split("/").map(decodeURIComponent);
    const here = parts.slice(1).join("/");
    const after = (prefix: string) => (here.startsWith(prefix) ? here.slice(prefix.length) : undefined);
    const revision = after(`api/models/${id}/revision/`);
    const tree = after(`api/models/${id}/tree/`);
    const resolve = after(`${id}/resolve/`);
    const at = isStore ? "store" : revision ? "revision" : tree ? "tree" : "resolve";
    const name = isStore
      ? (url.searchParams.get("file") ?? "")
      : (revision ?? tree ?? resolve?.slice(resolve.indexOf("/") + 1) ?? here);
    const before = asked.filter((one) => one.at === at && one.name === name && one.method === request.method).length;
    const one: Asked = { at, method: request.method ?? "", name, headers: request.headers, before };
    asked.push(one);
    const fault = double.fault(one) ?? {};
    if (fault.silent) return;
    if (fault.status !== undefined || fault.body !== undefined) {
      response.writeHead(fault.status ?? 200, { "content-type": "text/html", ...fault.headers });
      response.end(fault.body ?? "a fault");
      return;
    }
    if (!isStore && double.token !== undefined && request.headers.authorization !== `Bearer ${double.token}`) {
      response.writeHead(401, { "x-error-message": "Invalid username or password." }).end();
      return;
    }
    if (revision !== undefined) {
      const sha = names.get(revision) ?? (commits.has(revision) ? revision : undefined);
      if (sha === undefined) return void response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end();
      return json(response, { id, sha });
    }
    if (tree !== undefined) return sendTree(tree, url, response);
    const content = isStore ? contentOf(parts.at(-1) ?? "") : fileOf(resolve);
    if (content === undefined) {
      const repository = here.startsWith(`${id}/`);
      return void response.writeHead(404, { "x-error-code": repository ? "EntryNotFound" : "RepoNotFound" }).end();
    }
    const commit = isStore ? undefined : resolve!.split("/")[0]!;
    if (!isStore && content.length > LFS_BYTES) {
      const hash = sha256(content);
      response.writeHead(302, {
        location: `${storeUrl}/objects/${hash}?file=${encodeURIComponent(name)}&X-Signature=secret-signature`,
        "x-repo-commit": commit,
        "x-linked-etag": `"${hash}"`,
        "x-linked-size": content.length,
        etag: `"${gitOid(content)}"`,
        ...fault.headers,
      });
      return void response.end();
    }
    await sendContent(request, response, content, fault, {
      // A store has tags of its own.
      etag: isStore ? `"store-${sha256(content).slice(0, 8)}"` : `"${gitOid(content)}"`,
      ...(commit === undefined ? {} : { "x-repo-commit": commit }),
      ...fault.headers,
    });
  }

  function sendTree(revision: string, url: URL, response: ServerResponse): void {
    const files = commits.get(revision);
    if (files === undefined) return void response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end();
    const entries = [
      { type: "directory", oid: "0".repeat(40), size: 0, path: "onnx" },
      ...Object.entries(files).map(([path, content]) => ({
        type: "file",
        oid: gitOid(content),
        size: content.length,
        path,
        ...(content.length > LFS_BYTES
          ? { lfs: { oid: sha256(content), size: content.length, pointerSize: 134 } }
          : {}),
      })),
      ...double.extraEntries,
    ];
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const more = start + PAGE < entries.length;
    const next = `<${endpoint}${url.pathname}?recursive=true&expand=false&cursor=${start + PAGE}>; rel="next"`;
    if (more) response.setHeader("link", next);
    json(response, entries.slice(start, start + PAGE));
  }

  function fileOf(resolve: string | undefined): Buffer | undefined {
    const [commit = "", ...path] = (resolve ?? "").split("/");
    return commits.get(commit)?.[path.join("/")];
  }

  function contentOf(hash: string): Buffer | undefined {
    return [...commits.values()].flatMap(Object.values<Buffer>).find((content) => sha256(content) === hash);
  }

  async function sendContent(
    request: IncomingMessage,
    response: ServerResponse,
    whole: Buffer,
    fault: Fault,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const content = Buffer.from(whole);
    if (fault.corrupt) content[content.length - 1]! ^= 1;
    const sized =
      fault.resize === undefined
        ? content
        : Buffer.concat([content, Buffer.alloc(Math.max(0, fault.resize))]).subarray(0, content.length + fault.resize);
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
    const condition = request.headers["if-range"];
    const start =
      fault.ignoreRange || (condition !== undefined && condition !== headers["etag"]) ? 0 : Number(from ?? 0);
    if (start >= sized.length && start > 0) return void response.writeHead(416).end();
    const body = sized.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": body.length,
      "accept-ranges": "bytes",
      ...(start > 0 ? { "content-range": `bytes ${start}-${sized.length - 1}/${sized.length}` } : {}),
      ...headers,
    });
    if (request.method === "HEAD") return void response.end();
    const end = Math.min(body.length, fault.cutAfter ?? body.length);
    const step = fault.drip?.bytes ?? end;
    for (let at = 0; at < end && !response.destroyed; at += step) {
      const chunk = body.subarray(at, Math.min(end, at + step));
      sent += chunk.length;
      await new Promise((done) => response.write(chunk, done));
      if (fault.drip !== undefined) await sleep(fault.drip.everyMs);
    }
    if (fault.cutAfter === undefined) response.end();
    else response.destroy();
  }

  return double;
}

function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
