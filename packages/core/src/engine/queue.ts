/** One caller's work, in order. Urgent lanes (queries) are served before the others. */
export interface Lane<T> {
  readonly urgent: boolean;
  readonly items: T[];
}

/** A queue over many callers: queries first, callers of a kind in turn, and never queries alone. */
export interface FairQueue<T> {
  readonly size: number;
  push(lane: Lane<T>, item: T): void;
  /** Puts an item that was taken back at the front of its lane. */
  putBack(lane: Lane<T>, item: T): void;
  /** True while a query is waiting. */
  readonly urgent: boolean;
  /** Weight of the items ahead of a newcomer: for a query the queries, for a document everything. */
  ahead(urgent: boolean): number;
  next(): T | undefined;
  /** The same of lanes of one kind, and of their first items that `wants` picks: the other lanes keep their turn. */
  nextOf(urgent: boolean, wants: (item: T) => boolean): T | undefined;
  /**
   * Removes and returns those of the first waiting items that `wants` picks, from other lanes as urgent as this one, and leaves the
   * lanes in their order: who rides along has not had its turn. What one caller has divided stays divided.
   */
  takeAlong(lane: Lane<T>, wants: (item: T) => boolean): T[];
  /** Removes and returns a lane's waiting items, at a cost independent of the other lanes. */
  drop(lane: Lane<T>): T[];
}

/** How many waiting items are looked at for a ride along. */
const LOOK = 256;

/** After this many queries in a row, a waiting document is served: bulk work slows down but never starves. */
const QUERIES_IN_A_ROW = 8;

export function createQueue<T>(weigh: (item: T) => number = () => 1): FairQueue<T> {
  // A Set keeps insertion order: its first lane is served next, and then moves to the end.
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

  /** Takes a lane's first item, after which it is the last to have its next turn. */
  function serve(lane: Lane<T>): T {
    const lanes = lane.urgent ? queries : documents;
    lanes.delete(lane);
    const item = lane.items.shift()!;
    if (lane.items.length > 0) lanes.add(lane);
    count(lane, [item], -1);
    queriesInARow = lane.urgent ? queriesInARow + 1 : 0;
    return item;
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
      const [lane] = ring();
      return lane === undefined ? undefined : serve(lane);
    },
    nextOf(urgent, wants) {
      for (const lane of urgent ? queries : documents) if (wants(lane.items[0]!)) return serve(lane);
      return undefined;
    },
    takeAlong(own, wants) {
      const lanes = own.urgent ? queries : documents;
      const all: T[] = [];
      let looked = 0;
      for (const lane of lanes) {
        if (lane === own) continue;
        const taken: T[] = [];
        const stay = lane.items.filter((item) => {
          if (looked++ >= LOOK || !wants(item)) return true;
          taken.push(item);
          return false;
        });
        if (taken.length > 0) {
          lane.items.splice(0, lane.items.length, ...stay);
          if (stay.length === 0) lanes.delete(lane);
          count(lane, taken, -1);
          all.push(...taken);
        }
        if (looked >= LOOK) break;
      }
      return all;
    },
    drop(lane) {
      (lane.urgent ? queries : documents).delete(lane);
      const items = lane.items.splice(0);
      count(lane, items, -1);
      return items;
    },
  };
}
