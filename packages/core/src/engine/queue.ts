/** One caller's work, in order. Urgent lanes (queries) go before the others. */
export interface Lane<T> {
  readonly urgent: boolean;
  readonly items: T[];
}

/** Work of many callers: queries first, callers of one kind in turn, and never only queries. */
export interface FairQueue<T> {
  readonly size: number;
  push(lane: Lane<T>, item: T): void;
  /** Before everything else of its lane: what has been taken and must be taken again. */
  putBack(lane: Lane<T>, item: T): void;
  /** Does a query wait? */
  readonly urgent: boolean;
  /** Weight of what goes before a newcomer: queries alone for a query, everything for documents. */
  ahead(urgent: boolean): number;
  next(): T | undefined;
  /** Takes a lane's waiting items out, at a cost that does not depend on the other lanes. */
  drop(lane: Lane<T>): T[];
}

/** After this many queries in a row, one waiting document goes first: bulk work slows down but never starves. */
const QUERIES_IN_A_ROW = 8;

export function createQueue<T>(weigh: (item: T) => number = () => 1): FairQueue<T> {
  // A Set keeps insertion order: its first lane is the next to be served, and goes to the end afterwards.
  const queries = new Set<Lane<T>>();
  const documents = new Set<Lane<T>>();
  let size = 0;
  const weights = { queries: 0, documents: 0 };
  let queriesInARow = 0;

  function ring(): Set<Lane<T>> {
    if (queries.size === 0) return documents;
    return documents.size > 0 && queriesInARow >= QUERIES_IN_A_ROW ? documents : queries;
  }

  function add(lane: Lane<T>, item: T, put: (item: T) => void): void {
    put(item);
    (lane.urgent ? queries : documents).add(lane);
    count(lane, [item], 1);
  }

  function count({ urgent }: Lane<T>, items: readonly T[], sign: 1 | -1): void {
    size += sign * items.length;
    for (const item of items) weights[urgent ? "queries" : "documents"] += sign * weigh(item);
  }

  return {
    get size() {
      return size;
    },
    get urgent() {
      return queries.size > 0;
    },
    push: (lane, item) => add(lane, item, (one) => lane.items.push(one)),
    putBack: (lane, item) => add(lane, item, (one) => lane.items.unshift(one)),
    ahead: (urgent) => weights.queries + (urgent ? 0 : weights.documents),
    next() {
      const lanes = ring();
      const [lane] = lanes;
      if (lane === undefined) return undefined;
      lanes.delete(lane);
      const item = lane.items.shift()!;
      if (lane.items.length > 0) lanes.add(lane);
      count(lane, [item], -1);
      queriesInARow = lane.urgent ? queriesInARow + 1 : 0;
      return item;
    },
    drop(lane) {
      (lane.urgent ? queries : documents).delete(lane);
      const items = lane.items.splice(0);
      count(lane, items, -1);
      return items;
    },
  };
}
