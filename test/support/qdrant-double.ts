import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * The part of Qdrant's REST interface that the clients of this repository use, for tests without a server: answers, defaults,
 * limits and refusals as Qdrant 1.15 documents them. Search is exact; vectors are stored normalised for the cosine, as there.
 */
export interface QdrantDouble extends AsyncDisposable {
  readonly url: string;
  /** `PUT /collections/docs/points` and so on, in the order in which they came. */
  readonly requests: readonly string[];
  /** Loses one point of every upsert, as a broken client or server would. */
  losePoints: boolean;
}

type Id = string | number;
type Payload = Record<string, unknown>;
interface Point {
  readonly id: Id;
  readonly vector: readonly number[];
  readonly payload: Payload;
}
interface Collection {
  readonly size: number;
  readonly distance: string;
  readonly points: Map<Id, Point>;
}
interface Condition {
  readonly key: string;
  readonly match: { readonly value?: unknown; readonly any?: readonly unknown[] };
}
interface Filter {
  readonly must?: readonly Condition[];
}
type Body = Record<string, unknown>;

/** Qdrant's own default for the size of a request. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export async function startQdrantDouble(): Promise<QdrantDouble> {
  const collections = new Map<string, Collection>();
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    requests.push(`${request.method} ${pathname}`);
    const reply = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ ...body, time: 0.001 }));
    };
    try {
      const body = await readBody(request);
      const [kind, name, ...action] = pathname.split("/").slice(1).map(decodeURIComponent);
      if (kind !== "collections") throw new Refusal(404, "");
      const result = answer(`${request.method} ${action.join("/")}`, name, body, searchParams.get("wait") === "true");
      reply(200, { result, status: "ok" });
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      reply(status, { status: { error: error instanceof Error ? error.message : String(error) } });
    }
  });

  function answer(call: string, name: string | undefined, body: Body, wait: boolean): unknown {
    if (name === undefined) {
      if (call === "GET ") return { collections: [...collections.keys()].map((name) => ({ name })) };
      throw new Refusal(404, "");
    }
    if (call === "PUT ") return createCollection(name, body);
    if (call === "DELETE ") return collections.delete(name);
    if (call === "GET exists") return { exists: collections.has(name) };
    const collection = collections.get(name);
    if (collection === undefined) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`);
    switch (call) {
      case "GET ":
        return {
          status: "green",
          points_count: collection.points.size,
          config: { params: { vectors: { size: collection.size, distance: collection.distance } } },
        };
      case "PUT points":
        return change(wait, () => upsert(collection, body["points"] as Point[]));
      case "POST points/delete":
        return change(wait, () => remove(collection, body));
      case "POST points/count":
        return { count: matching(collection, body).length };
      case "POST points/scroll":
        return scroll(collection, body);
      case "POST points/query":
        return { points: search(collection, vectorOf(body["query"]), body) };
      case "POST points/search":
        return search(collection, vectorOf(body["vector"]), body);
      case "POST points":
        return (body["ids"] as Id[]).flatMap((id) => show(collection.points.get(id), body));
      default:
        throw new Refusal(404, "");
    }
  }

  function createCollection(name: string, body: Body): true {
    if (collections.has(name)) throw new Refusal(409, `Wrong input: Collection \`${name}\` already exists!`);
    const { size, distance } = body["vectors"] as { size: number; distance: string };
    if (distance !== "Cosine") throw new Refusal(501, "the double knows the cosine alone");
    collections.set(name, { size, distance, points: new Map() });
    return true;
  }

  /** Without `wait` the server answers first and changes later: who counts at once sees too few. */
  function change(wait: boolean, apply: () => void): { operation_id: number; status: string } {
    if (wait) apply();
    else setTimeout(apply, 50);
    return { operation_id: requests.length, status: wait ? "completed" : "acknowledged" };
  }

  function upsert({ points, size }: Collection, sent: readonly Point[]): void {
    for (const { id, vector } of sent) {
      checkId(id);
      if (vector.length !== size) {
        throw new Refusal(400, `Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`);
      }
    }
    for (const { id, vector, payload } of double.losePoints ? sent.slice(1) : sent) {
      points.set(id, { id, vector: normalised(vector), payload: payload ?? {} });
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const double: QdrantDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port, not on a pipe
    requests,
    losePoints: false,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return double;
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (bytes.length > MAX_BODY_BYTES) {
    throw new Refusal(
      413,
      `JSON payload (${bytes.length} bytes) is larger than allowed (limit: ${MAX_BODY_BYTES} bytes).`,
    );
  }
  return bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Body);
}

function checkId(id: Id): void {
  if (typeof id === "number" ? Number.isSafeInteger(id) && id >= 0 : UUID.test(id)) return;
  const reason = "valid values are either an unsigned integer or a UUID";
  throw new Refusal(400, `Format error in JSON body: value ${id} is not a valid point ID, ${reason}`);
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => Math.fround(value / length)); // the server keeps float32
}

function vectorOf(query: unknown): readonly number[] {
  if (!Array.isArray(query)) throw new Refusal(501, "the double knows plain vectors alone");
  return normalised(query as number[]);
}

function remove(collection: Collection, body: Body): void {
  const ids = (body["points"] as Id[] | undefined) ?? matching(collection, body).map(({ id }) => id);
  for (const id of ids) collection.points.delete(id);
}

function matching({ points }: Collection, body: Body): Point[] {
  const conditions = (body["filter"] as Filter | undefined)?.must ?? [];
  return [...points.values()].filter(({ payload }) => conditions.every((condition) => holds(condition, payload)));
}

function holds({ key, match }: Condition, payload: Payload): boolean {
  const value = key.split(".").reduce<unknown>((at, part) => (at as Payload | undefined)?.[part], payload);
  return match.any === undefined ? value === match.value : match.any.includes(value);
}

function search(collection: Collection, query: readonly number[], body: Body): object[] {
  if (query.length !== collection.size) {
    const message = `Wrong input: Vector dimension error: expected dim: ${collection.size}, got ${query.length}`;
    throw new Refusal(400, message);
  }
  const scored = matching(collection, body).map((point) => ({
    point,
    score: point.vector.reduce((sum, value, i) => sum + value * query[i]!, 0),
  }));
  scored.sort((a, b) => b.score - a.score);
  const limit = (body["limit"] as number | undefined) ?? 10;
  return scored.slice(0, limit).flatMap(({ point, score }) => show(point, body).map((shown) => ({ ...shown, score })));
}

function scroll(collection: Collection, body: Body): object {
  const limit = (body["limit"] as number | undefined) ?? 10;
  const offset = body["offset"] as Id | undefined;
  const sorted = matching(collection, body).sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  const start = offset === undefined ? 0 : sorted.findIndex(({ id }) => String(id) >= String(offset));
  const page = start < 0 ? [] : sorted.slice(start, start + limit);
  const shown = page.flatMap((point) => show(point, { with_payload: true, ...body }));
  return { points: shown, next_page_offset: start < 0 ? null : (sorted[start + limit]?.id ?? null) };
}

/** A point as it is sent back; by default without payload and vector. */
function show(point: Point | undefined, { with_payload: wanted, with_vector: withVector }: Body): object[] {
  if (point === undefined) return [];
  const { id, payload, vector } = point;
  const keys = Array.isArray(wanted) ? (wanted as string[]) : wanted === true ? Object.keys(payload) : [];
  const shown = Object.fromEntries(keys.filter((key) => key in payload).map((key) => [key, payload[key]]));
  return [{ id, version: 0, ...(wanted ? { payload: shown } : {}), ...(withVector === true ? { vector } : {}) }];
}
