import { Refusal } from "./qdrant-double-errors.js";

/** How Qdrant filters, scores and shows points; exactly, and in the order of the points where scores are equal. */
export type Id = string | number;
export type Payload = Record<string, unknown>;
export interface Sparse {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}
export type Vector = readonly number[] | readonly (readonly number[])[] | Sparse;
/** By name; an unnamed vector has the name "". */
export type Vectors = Readonly<Record<string, Vector>>;
export interface Point {
  readonly id: Id;
  readonly vectors: Vectors;
  readonly payload: Payload;
}
export interface VectorParams {
  readonly size: number;
  readonly distance: "Cosine" | "Dot";
  readonly multivector_config?: { readonly comparator: string } | null;
}
export interface Collection {
  /** As the client sent them, and gets them back. */
  readonly vectors: VectorParams | Record<string, VectorParams>;
  readonly sparse: Readonly<Record<string, { readonly modifier?: string | null }>>;
  metadata: Payload;
  readonly points: Map<Id, Point>;
}
interface Condition {
  readonly key?: string;
  readonly match?: { readonly value?: unknown; readonly any?: readonly unknown[] };
  readonly range?: { readonly gt?: number; readonly gte?: number; readonly lt?: number; readonly lte?: number };
  readonly has_id?: readonly Id[];
}
interface Filter {
  readonly must?: readonly Condition[];
  readonly should?: readonly Condition[];
  readonly must_not?: readonly Condition[];
}
export interface Query {
  readonly query?: unknown;
  readonly using?: string | null;
  readonly prefetch?: Query | readonly Query[] | null;
  readonly filter?: Filter | null;
  readonly limit?: number | null;
}
interface Scored {
  readonly point: Point;
  readonly score: number;
}

const MULTIVECTOR_NUMBERS = 2 ** 20;

export function paramsOf({ vectors }: Collection, name: string): VectorParams | undefined {
  return "size" in vectors ? (name === "" ? (vectors as VectorParams) : undefined) : vectors[name];
}

export function matching({ points }: Collection, filter: unknown): Point[] {
  const { must = [], should = [], must_not: mustNot = [] } = (filter ?? {}) as Filter;
  return [...points.values()].filter(
    (point) =>
      must.every((condition) => holds(condition, point)) &&
      (should.length === 0 || should.some((condition) => holds(condition, point))) &&
      !mustNot.some((condition) => holds(condition, point)),
  );
}

function holds({ key, match, range, has_id: ids }: Condition, { id, payload }: Point): boolean {
  if (ids !== undefined) return ids.includes(id);
  if (key === undefined) throw new Refusal(501, "the double knows conditions on keys and ids alone");
  const value = key.split(".").reduce<unknown>((at, part) => (at as Payload | undefined)?.[part], payload);
  if (match !== undefined) {
    const wanted = match.any ?? [match.value];
    return (Array.isArray(value) ? value : [value]).some((one) => wanted.includes(one));
  }
  if (range === undefined || typeof value !== "number") return false;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range;
  return value > gt && value >= gte && value < lt && value <= lte;
}

/** The best points for a query, among those that its prefetches found. */
export function search(collection: Collection, { query, using, prefetch, filter, limit }: Query): Scored[] {
  const name = using ?? "";
  const score = scorer(collection, name, query);
  let points = matching(collection, filter);
  if (prefetch !== undefined && prefetch !== null) {
    const found = [prefetch].flat() as Query[];
    const ids = new Set(found.flatMap((one) => search(collection, one).map(({ point }) => point.id)));
    points = points.filter(({ id }) => ids.has(id));
  }
  const scored = points.flatMap((point) => {
    const own = point.vectors[name];
    const value = own === undefined ? undefined : score(own);
    return value === undefined ? [] : [{ point, score: value }];
  });
  return scored.sort((a, b) => b.score - a.score).slice(0, limit ?? 10);
}

type Score = (vector: Vector) => number | undefined;

function scorer(collection: Collection, name: string, query: unknown): Score {
  const sparse = collection.sparse[name];
  if (sparse !== undefined) return sparseScorer(collection, name, sparse.modifier === "idf", query as Sparse);
  const params = paramsOf(collection, name);
  if (params === undefined) throw new Refusal(400, `Wrong input: Not existing vector name error: ${name}`);
  const rows = stored(params, query as Vector, name) as readonly (readonly number[])[];
  if (params.multivector_config) {
    return (vector) => {
      const own = vector as readonly (readonly number[])[];
      return rows.reduce((sum, row) => sum + Math.max(...own.map((one) => dot(one, row))), 0);
    };
  }
  return (vector) => dot(vector as readonly number[], rows as unknown as readonly number[]);
}

/** Only points with a word of the query are found. */
function sparseScorer({ points }: Collection, name: string, hasIdf: boolean, { indices, values }: Sparse): Score {
  const weights = new Map(
    indices.map((index, i) => [index, values[i]! * (hasIdf ? idf([...points.values()], name, index) : 1)]),
  );
  return (vector) => {
    const own = vector as Sparse;
    const shared = own.indices.flatMap((index, i) =>
      weights.has(index) ? [weights.get(index)! * own.values[i]!] : [],
    );
    return shared.length === 0 ? undefined : shared.reduce((sum, value) => sum + value, 0);
  };
}

function idf(points: readonly Point[], name: string, index: number): number {
  const all = points.filter(({ vectors }) => name in vectors);
  const having = all.filter(({ vectors }) => (vectors[name] as Sparse).indices.includes(index)).length;
  return Math.log(1 + (all.length - having + 0.5) / (having + 0.5));
}

/** A dense vector or multivector as the server keeps it: float32, and normalised for the cosine. */
export function stored(params: VectorParams, vector: Vector, name: string): Vector {
  const isMulti = Boolean(params.multivector_config);
  const rows = (isMulti ? vector : [vector]) as readonly (readonly number[])[];
  const numbers = rows.length * params.size;
  if (isMulti && numbers >= MULTIVECTOR_NUMBERS) {
    throw new Refusal(422, `Total size of all vectors (${numbers}) must be less than ${MULTIVECTOR_NUMBERS}`);
  }
  for (const row of rows) {
    if (row.length === params.size) continue;
    const message = `Wrong input: Vector dimension error: expected dim: ${params.size}, got ${row.length} (${name})`;
    throw new Refusal(400, message);
  }
  const kept = rows.map((row) => {
    const length = params.distance === "Cosine" ? Math.hypot(...row) || 1 : 1;
    return row.map((value) => Math.fround(value / length));
  });
  return isMulti ? kept : kept[0]!;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** A point as it is sent back; by default without payload and vector. */
export function show(point: Point, { with_payload: wanted, with_vector: withVector }: Record<string, unknown>): object {
  const { id, payload, vectors } = point;
  const keys = Array.isArray(wanted) ? (wanted as string[]) : wanted === true ? Object.keys(payload) : [];
  const shown = Object.fromEntries(keys.filter((key) => key in payload).map((key) => [key, payload[key]]));
  const vector = "" in vectors ? vectors[""] : vectors;
  return { id, version: 0, ...(wanted ? { payload: shown } : {}), ...(withVector === true ? { vector } : {}) };
}
