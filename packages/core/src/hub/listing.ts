import { isCommit } from "../model/names.js";
import { get, shown, unreachable } from "./http.js";
import { HttpFailure } from "./http-failure.js";
import type { Hub } from "./hub.js";
import { fromRecords, type Listing, type Recorded, recordedListing, recordListing } from "./record.js";
import { withRetries } from "./retry.js";

/** One entry of `GET /api/models/ID/tree/COMMIT`. */
interface Entry {
  readonly type: string;
  readonly path: string;
  readonly oid: string;
  readonly size: number;
  readonly lfs?: { readonly oid: string; readonly size: number };
  readonly xetHash?: string;
}

const MAX_ANSWER_BYTES = 64 << 20;
const MAX_PAGES = 100;

/** Asks the hub for the commit that a branch or tag currently names. */
export async function commitOf(hub: Hub, id: string, revision: string): Promise<string> {
  const url = new URL(`${hub.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}`);
  const { value } = await getJson(hub, url);
  const { sha } = value as { readonly sha?: unknown };
  if (typeof sha === "string" && isCommit(sha)) return sha;
  throw strange(url, "does not name a commit");
}

/** Lists a commit's files: as recorded earlier, since a commit never changes, else from the hub, which is then recorded. */
export async function listFiles(hub: Hub, repository: string, id: string, commit: string): Promise<Listing> {
  const known = await recordedListing(repository, commit);
  if (known !== undefined) return known;
  const files: Record<string, Recorded> = {};
  let url: URL | undefined = new URL(`${hub.endpoint}/api/models/${id}/tree/${commit}?recursive=true&expand=false`);
  for (let page = 0; url !== undefined && page < MAX_PAGES; page++) {
    const answer: { value: unknown; next: URL | undefined } = await getJson(hub, url);
    if (!Array.isArray(answer.value)) throw strange(url, "is not a list of files");
    for (const entry of answer.value as Entry[]) if (entry?.type === "file") files[entry.path] = toRecord(entry, url);
    url = answer.next;
  }
  // Optional, because a read-only cache may already have all the files.
  await recordListing(repository, commit, files).catch(() => {});
  return fromRecords(files);
}

function toRecord({ path, oid, size, lfs, xetHash }: Entry, url: URL): Recorded {
  const record = {
    size,
    blob_id: oid,
    ...(lfs ? { lfs_sha256: lfs.oid, lfs_size: lfs.size } : {}),
    ...(/^[0-9a-f]{64}$/.test(xetHash ?? "") ? { xet_hash: xetHash! } : {}),
  };
  try {
    fromRecords({ [path]: record });
    return record;
  } catch {
    throw strange(url, `has no size or no hash for ${JSON.stringify(path)}`);
  }
}

async function getJson(hub: Hub, url: URL): Promise<{ value: unknown; next: URL | undefined }> {
  const { patience, signal } = hub;
  return withRetries(
    async () => {
      const { body, headers } = await get({ url, token: hub.token, signal, silenceMs: patience.silenceMs });
      let text: string;
      try {
        text = await textOf(body);
      } catch (cause) {
        throw cause instanceof HttpFailure ? cause : unreachable(url, cause);
      }
      try {
        return { value: JSON.parse(text) ?? {}, next: nextPage(headers.link, url) };
      } catch {
        throw strange(url, "is not JSON. Check for a proxy or login page in between, and that HF_ENDPOINT is a hub");
      }
    },
    patience,
    signal,
  );
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new HttpFailure("the answer is larger than 64 MiB", { retriable: false });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Parses `Link: <address>; rel="next"`. Only the query is used, because a mirror may pass on the hub's own address. */
function nextPage(link: string | string[] | undefined, url: URL): URL | undefined {
  const [, address] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(link ?? "")) ?? [];
  if (address === undefined || !URL.canParse(address, url.href)) return undefined;
  return new URL(new URL(address, url).search, url);
}

function strange(url: URL, problem: string): HttpFailure {
  return new HttpFailure(`the answer of ${shown(url)} ${problem}`, { retriable: false });
}
