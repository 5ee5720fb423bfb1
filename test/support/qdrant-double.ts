import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Refusal } from "./qdrant-double-errors.js";
import {
  type Collection,
  type Id,
  matching,
  type Payload,
  paramsOf,
  type Query,
  type Sparse,
  search,
  show,
  stored,
  type Vector,
  type Vectors,
} from "./qdrant-double-search.js";

/**
 * The part of Qdrant's REST interface that this repository uses, for tests without a server: answers, defaults, limits and
 * refusals. `qdrant-server.test.ts` holds it to Qdrant's own engine. Search is exact.
 */
export interface QdrantDouble extends AsyncDisposable {
  readonly url: string;
  /** `PUT /collections/docs/points` and so on, in the order in which they came. */
  readonly requests: readonly string[];
  /** Bytes of each request's body. */
  readonly bytes: readonly number[];
  /** Loses one point of every upsert, as a broken client or server would. */
  losePoints: boolean;
  /** Answers given instead of an answer, one after the other, to requests that match: `PUT .*points`. */
  faults: { readonly request: RegExp; readonly status: number; readonly retryAfter?: string; readonly told?: string }[];
}

type Body = Record<string, unknown>;
interface SentPoint {
  readonly id: Id;
  readonly vector: Vector | Vectors;
  readonly payload?: Payload | null;
}

/** Qdrant's own default for the size of a request. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_DEPTH = 127;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

export async function startQdrantDouble(): Promise<QdrantDouble> {
  const collections = new Map<string, Collection>();
  const requests: string[] = [];
  const sizes: number[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const called = `${request.method} ${pathname}`;
    requests.push(called);
    const reply = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ ...body, time: 0.001 }));
    };
    try {
      const body = await readBody(request, sizes);
      const fault = double.faults.findIndex((one) => one.request.test(called));
      if (fault >= 0) {
        const [{ status, retryAfter, told = "a fault that the test asked for" }] = double.faults.splice(fault, 1) as [
          QdrantDouble["faults"][number],
        ];
        if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
        if (status === 0) return void request.socket.destroy();
        throw new Refusal(status, told);
      }
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
        return describe(collection);
      case "PATCH ":
        Object.assign(collection.metadata, body["metadata"]);
        return true;
      case "PUT index":
        // It filters without.
        return change(wait, () => {});
      case "PUT points":
        return change(wait, upsert(collection, body["points"] as SentPoint[]));
      case "POST points/delete":
        return change(wait, () => remove(collection, body));
      case "POST points/count":
        return { count: matching(collection, body["filter"]).length };
      case "POST points/scroll":
        return scroll(collection, body);
      case "POST points/query":
        return { points: found(collection, body) };
      case "POST points/query/batch":
        return (body["searches"] as Body[]).map((one) => ({ points: found(collection, one) }));
      case "POST points/search":
        return found(collection, { ...body, query: body["vector"] });
      case "POST points":
        return (body["ids"] as Id[]).flatMap((id) => {
          const point = collection.points.get(id);
          return point === undefined ? [] : [show(point, { with_payload: true, ...body })];
        });
      default:
        throw new Refusal(404, "");
    }
  }

  function createCollection(name: string, body: Body): true {
    if (collections.has(name)) throw new Refusal(409, `Wrong input: Collection \`${name}\` already exists!`);
    const { vectors = {}, sparse_vectors: sparse = {}, metadata = {} } = body;
    const own = { vectors, sparse, metadata: structuredClone(metadata), points: new Map() } as Collection;
    const all = "size" in own.vectors ? [own.vectors] : Object.values(own.vectors);
    if (all.some(({ distance }) => !["Cosine", "Dot"].includes(String(distance)))) {
      throw new Refusal(501, "the double knows Cosine and Dot alone");
    }
    collections.set(name, own);
    return true;
  }

  /** Without `wait` the server answers first and changes later: who counts at once sees too few. */
  function change(wait: boolean, apply: () => void): { operation_id: number; status: string } {
    if (wait) apply();
    else setTimeout(apply, 50);
    return { operation_id: requests.length, status: wait ? "completed" : "acknowledged" };
  }

  /** Checks the points, and returns what stores them. */
  function upsert(collection: Collection, sent: readonly SentPoint[]): () => void {
    const points = sent.map(({ id, vector, payload }) => {
      checkId(id);
      return { id, vectors: vectorsOf(collection, vector), payload: payload ?? {} };
    });
    return () => {
      for (const point of double.losePoints ? points.slice(1) : points) collection.points.set(point.id, point);
    };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const double: QdrantDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port, not on a pipe
    requests,
    bytes: sizes,
    losePoints: false,
    faults: [],
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return double;
}

async function readBody(request: IncomingMessage, sizes: number[]): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  sizes.push(bytes.length);
  if (bytes.length > MAX_BODY_BYTES) {
    throw new Refusal(
      400,
      `JSON payload (${bytes.length} bytes) is larger than allowed (limit: ${MAX_BODY_BYTES} bytes).`,
    );
  }
  const body = bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Body);
  const problem = unreadable(body);
  if (problem !== undefined) throw new Refusal(400, `Format error in JSON body: ${problem}`);
  return body;
}

/** What the server's parser refuses and JavaScript's does not. */
function unreadable(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string" && !value.isWellFormed()) return "lone leading surrogate in hex escape";
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === MAX_DEPTH) return "recursion limit exceeded";
  for (const one of Object.values(value)) {
    const problem = unreadable(one, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function describe({ points, vectors, sparse, metadata }: Collection): object {
  const params = { vectors, sparse_vectors: sparse };
  return { status: "green", points_count: points.size, config: { params, metadata } };
}

function checkId(id: Id): void {
  if (typeof id === "number" ? Number.isSafeInteger(id) && id >= 0 : UUID.test(id)) return;
  const reason = "valid values are either an unsigned integer or a UUID";
  throw new Refusal(400, `Format error in JSON body: value ${id} is not a valid point ID, ${reason}`);
}

/** Checks a point's vectors, and returns them as the server keeps them. */
function vectorsOf(collection: Collection, given: Vector | Vectors): Vectors {
  const named = (Array.isArray(given) ? { "": given } : given) as Vectors;
  return Object.fromEntries(
    Object.entries(named).map(([name, vector]) => {
      if (name in collection.sparse) return [name, sorted(vector as Sparse)];
      const params = paramsOf(collection, name);
      if (params === undefined) throw new Refusal(400, `Wrong input: Not existing vector name error: ${name}`);
      return [name, stored(params, vector, name)];
    }),
  );
}

function sorted({ indices, values }: Sparse): Sparse {
  if (indices.length !== values.length || new Set(indices).size !== indices.length) {
    throw new Refusal(422, "Validation error: indices must be unique, and as many as values");
  }
  const entries = indices.map((index, i) => [index, values[i]!] as const).sort(([a], [b]) => a - b);
  return { indices: entries.map(([index]) => index), values: entries.map(([, value]) => value) };
}

function remove(collection: Collection, body: Body): void {
  const ids = (body["points"] as Id[] | undefined) ?? matching(collection, body["filter"]).map(({ id }) => id);
  for (const id of ids) collection.points.delete(id);
}

function found(collection: Collection, body: Body): object[] {
  return search(collection, body as Query).map(({ point, score }) => ({ ...show(point, body), score }));
}

function scroll(collection: Collection, body: Body): object {
  const limit = (body["limit"] as number | undefined) ?? 10;
  const offset = body["offset"] as Id | undefined;
  const all = matching(collection, body["filter"]).sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  const start = offset === undefined ? 0 : all.findIndex(({ id }) => String(id) >= String(offset));
  const page = start < 0 ? [] : all.slice(start, start + limit);
  const points = page.map((point) => show(point, { with_payload: true, ...body }));
  return { points, next_page_offset: start < 0 ? null : (all[start + limit]?.id ?? null) };
}
