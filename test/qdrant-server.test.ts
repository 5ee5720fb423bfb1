import { randomUUID } from "node:crypto";
import { QdrantClient, type Schemas } from "@qdrant/js-client-rest";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type QdrantUnderTest, SERVERS } from "./support/qdrant-servers.js";

/**
 * What @bge-js/qdrant takes for granted, of whatever Qdrant can be had here: so the double that other tests run against is
 * held to Qdrant's own engine.
 */
describe.each(SERVERS)("$name", ({ isHere, hasFront, start }) => {
  describe.skipIf(!isHere)("does as @bge-js/qdrant expects", () => {
    let server: QdrantUnderTest;
    let client: QdrantClient;
    let name: string;
    const made: string[] = [];
    const ids: string[] = Array.from({ length: 12 }, () => randomUUID());

    beforeAll(async () => {
      server = await start();
      client = new QdrantClient({ url: server.url, checkCompatibility: false });
    });
    afterAll(async () => {
      for (const one of made) await client.deleteCollection(one);
      await server[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      name = `bge-js-test-${randomUUID()}`;
      await client.api().createCollection({
        collection_name: name,
        vectors: {
          dense: { size: 2, distance: "Cosine" },
          rows: {
            size: 2,
            distance: "Dot",
            datatype: "float16",
            on_disk: true,
            multivector_config: { comparator: "max_sim" },
            hnsw_config: { m: 0 },
          },
        },
        sparse_vectors: { rare: { modifier: "idf" }, plain: { modifier: "none" } },
        metadata: { "bge-js": { version: 1, model: { id: "x" } }, other: 7 },
      });
      made.push(name);
    });

    const store = (points: Schemas["PointStruct"][]) => client.upsert(name, { wait: true, points });
    const placesOf = ({ points }: Schemas["QueryResponse"]) => points.map(({ id }) => ids.indexOf(String(id)));
    const query = async (search: Schemas["QueryRequest"]) => client.query(name, search);
    const refused = async (promise: Promise<unknown>) =>
      (
        await promise.then(
          () => ({ status: 200 }),
          (error) => error,
        )
      ).status;

    test("a collection's shape and metadata come back; metadata can be changed", async () => {
      const { config } = await client.getCollection(name);
      expect(config.params.vectors).toMatchObject({
        dense: { size: 2, distance: "Cosine" },
        rows: { size: 2, distance: "Dot", multivector_config: { comparator: "max_sim" } },
      });
      expect(config.params.sparse_vectors).toMatchObject({ rare: { modifier: "idf" } });
      expect(config.params.sparse_vectors!["plain"]!.modifier ?? "none").toBe("none");
      expect(config.metadata).toEqual({ "bge-js": { version: 1, model: { id: "x" } }, other: 7 });
      await client.updateCollection(name, { metadata: { "bge-js": { version: 1, model: { id: "x" }, more: 2.5 } } });
      const after = await client.getCollection(name);
      expect(after.config.metadata).toEqual({ "bge-js": { version: 1, model: { id: "x" }, more: 2.5 }, other: 7 });
    });

    test("vectors: a cosine, a sum of best dot products; what a point lacks is not found", async () => {
      await store([
        {
          id: ids[0]!,
          vector: {
            dense: [3, 4],
            // Two rows, the first of whole numbers, would be a sparse vector to the server: its indices, its values.
            rows: [
              [2.5, 0],
              [0, 0.5],
            ],
          },
          payload: {},
        },
        { id: ids[1]!, vector: { dense: [1, 0], rows: [[-1, -1]] }, payload: {} },
        { id: ids[2]!, vector: { plain: { indices: [5], values: [1] } }, payload: {} },
      ]);
      const dense = await query({ query: [0, 2], using: "dense" });
      expect(placesOf(dense)).toEqual([0, 1]);
      expect(dense.points[0]!.score).toBeCloseTo(0.8, 4);
      expect(dense.points[1]!.score).toBeCloseTo(0, 4);
      const { points } = await query({
        query: [
          [1.5, 0],
          [0, 2],
        ],
        using: "rows",
      });
      expect(points.map(({ id }) => ids.indexOf(String(id)))).toEqual([0, 1]);
      expect(points[0]!.score).toBeCloseTo(1.5 * 2.5 + 1, 3);
      expect(points[1]!.score).toBeCloseTo(-1.5 - 2, 3);
    });

    test("sparse vectors: dot products of shared entries, with Lucene's idf where that is asked for", async () => {
      const vectors = [
        { indices: [1, 4_000_000_000], values: [0.5, 2] },
        { indices: [4_000_000_000, 2], values: [1, 1] },
        { indices: [2], values: [3] },
        { indices: [3], values: [1] },
      ];
      await store(vectors.map((vector, i) => ({ id: ids[i]!, vector: { rare: vector, plain: vector }, payload: {} })));
      const asked = { indices: [4_000_000_000, 1], values: [2, 1] };
      const plain = await query({ query: asked, using: "plain" });
      expect(placesOf(plain)).toEqual([0, 1]);
      expect(plain.points[0]!.score).toBeCloseTo(4.5, 4);
      const rare = await query({ query: asked, using: "rare" });
      const idf = (having: number) => Math.log(1 + (4 - having + 0.5) / (having + 0.5));
      expect(rare.points[0]!.score).toBeCloseTo(2 * 2 * idf(2) + 0.5 * idf(1), 3);
      expect(rare.points[1]!.score).toBeCloseTo(2 * idf(2), 3);
      // The engines do not agree whether an empty vector counts for the idf; all of them take one.
      const nothing = { indices: [], values: [] };
      await store([{ id: ids[4]!, vector: { rare: nothing, plain: nothing }, payload: {} }]);
      expect(await client.count(name, { exact: true })).toEqual({ count: 5 });
    });

    test("prefetches say what is scored; a filter in each holds", async () => {
      await store(
        Array.from({ length: 12 }, (_, i) => ({
          id: ids[i]!,
          vector: {
            dense: [Math.cos(i / 10), Math.sin(i / 10)],
            rows: [[i, 0]],
            plain: { indices: [i % 3], values: [i + 1] },
          },
          payload: { i, tag: i % 2 === 0 ? "even" : "odd", deep: { tags: ["a", `b${i}`] } },
        })),
      );
      expect((await query({ query: [1, 0], using: "dense" })).points).toHaveLength(10);
      const prefetch = [
        { query: [1, 0], using: "dense", limit: 2 },
        { query: { indices: [0], values: [1] }, using: "plain", limit: 2 },
      ];
      const best = await query({ query: [[1, 0]], using: "rows", prefetch, limit: 10, with_payload: true });
      expect(best.points.map(({ payload }) => payload!["i"])).toEqual([9, 6, 1, 0]);
      expect(best.points.map(({ score }) => score)).toEqual([9, 6, 1, 0]);
      const withFilter = async (filter: Schemas["Filter"]) => {
        const only = prefetch.map((one) => ({ ...one, filter }));
        const { points } = await query({
          query: [[1, 0]],
          using: "rows",
          prefetch: only,
          limit: 10,
          with_payload: ["i"],
        });
        return points.map(({ payload }) => payload!["i"]);
      };
      expect(await withFilter({ must: [{ key: "tag", match: { value: "odd" } }] })).toEqual([9, 3, 1]);
      expect(await withFilter({ must: [{ key: "i", range: { gt: 3, lte: 6 } }] })).toEqual([6, 5, 4]);
      expect(await withFilter({ must_not: [{ key: "i", range: { lt: 9 } }] })).toEqual([10, 9]);
      expect(await withFilter({ should: [{ key: "deep.tags", match: { any: ["b7", "b8"] } }] })).toEqual([8, 7]);
      expect(
        await client.count(name, { exact: true, filter: { must: [{ key: "tag", match: { value: "odd" } }] } }),
      ).toEqual({ count: 6 });
    });

    test("a batch of searches answers each, in order; payloads come where they are asked for", async () => {
      await store([
        {
          id: ids[0]!,
          vector: { dense: [1, 0], plain: { indices: [1], values: [1] } },
          payload: { a: [1, { b: null }] },
        },
      ]);
      const answers = await client.queryBatch(name, {
        searches: [
          { query: [1, 0], using: "dense", limit: 3, with_payload: true },
          { query: { indices: [1], values: [2] }, using: "plain", limit: 3 },
          { query: { indices: [9], values: [2] }, using: "plain", limit: 3 },
        ],
      });
      expect(answers.map(({ points }) => points.map(({ score }) => score))).toEqual([[1], [2], []]);
      expect(answers[0]!.points[0]!.payload).toEqual({ a: [1, { b: null }] });
      expect(answers[1]!.points[0]!.payload ?? undefined).toBeUndefined();
    });

    test("storing again replaces the whole point; looking up and deleting skip what is not there", async () => {
      await store([
        {
          id: ids[0]!,
          vector: { dense: [1, 0], plain: { indices: [1], values: [1] } },
          payload: { old: 1, hash: "x" },
        },
      ]);
      await store([{ id: ids[0]!, vector: { dense: [0, 1] }, payload: { hash: "y" } }]);
      const found = await client.retrieve(name, {
        ids: [ids[0]!, ids[1]!],
        with_payload: ["hash"],
        with_vector: false,
      });
      expect(found.map(({ id, payload }) => [id, payload])).toEqual([[ids[0], { hash: "y" }]]);
      expect((await query({ query: { indices: [1], values: [1] }, using: "plain" })).points).toEqual([]);
      await client.delete(name, { wait: true, points: [ids[0]!, ids[1]!] });
      expect(await client.count(name, { exact: true })).toEqual({ count: 0 });
    });

    test("points are listed in pages, by a field in a field; those that match are deleted", async () => {
      const documents = ids.map((_, i) => ({ document: `doc ${i % 4}`, position: i >> 2 }));
      await client.createPayloadIndex(name, {
        field_name: "ingested.document",
        field_schema: "keyword",
        wait: true,
      });
      await store(
        ids.map((id, i) => ({ id, vector: { dense: [1, i] }, payload: { ingested: documents[i]!, text: "x" } })),
      );
      const filter = { must: [{ key: "ingested.document", match: { any: ["doc 1", "doc 3", "none"] } }] };
      const list = async (asked: object) => {
        const seen: unknown[] = [];
        let offset: unknown;
        do {
          const page = await client.scroll(name, {
            limit: 4,
            with_payload: ["ingested"],
            with_vector: false,
            ...asked,
            ...(offset !== undefined && { offset: offset as string }),
          });
          for (const { id, payload } of page.points) seen.push([ids.indexOf(String(id)), payload]);
          offset = page.next_page_offset ?? undefined;
        } while (offset !== undefined);
        return seen.sort((a, b) => (a as [number])[0] - (b as [number])[0]);
      };
      const wanted = documents.map((ingested, i) => [i, { ingested }]);
      expect(await list({})).toEqual(wanted);
      expect(await list({ filter })).toEqual(wanted.filter((_, i) => i % 2 === 1));
      await client.delete(name, { wait: true, filter });
      expect(await list({})).toEqual(wanted.filter((_, i) => i % 2 === 0));
    });

    test("refuses with the statuses that are told apart", async () => {
      expect(await refused(client.getCollection(`${name}-not`))).toBe(404);
      expect(await refused(client.createCollection(name, { vectors: {} }))).toBe(409);
      expect(await refused(store([{ id: ids[0]!, vector: { dense: [1, 2, 3] }, payload: {} }]))).toBe(400);
      expect(await refused(store([{ id: ids[0]!, vector: { unheard: [1, 2] }, payload: {} }]))).toBe(400);
      expect(await refused(store([{ id: "not a UUID", vector: { dense: [1, 2] }, payload: {} }]))).toBe(400);
      expect(await refused(query({ query: [1, 2, 3], using: "dense" }))).toBe(400);
      expect(await refused(query({ query: [1, 2], using: "unheard" }))).toBe(400);
      const big = { id: ids[0]!, vector: { dense: [1, 2] }, payload: { text: "x".repeat(33 * 2 ** 20) } };
      expect(await refused(store([big]))).toBe(400);
      expect(await client.count(name, { exact: true })).toEqual({ count: 0 });
    });

    describe.skipIf(!hasFront)("and reads requests as a server", () => {
      const withPayload = (deep: unknown) => store([{ id: ids[0]!, vector: { dense: [1, 2] }, payload: { deep } }]);
      const nested = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
      const withRows = (count: number) =>
        store([{ id: ids[0]!, vector: { rows: Array.from({ length: count }, () => [1, 0]) }, payload: {} }]);

      test("JSON to a depth of 127, of which a request takes 4; whole characters alone", async () => {
        await withPayload(nested(123));
        expect((await client.retrieve(name, { ids: [ids[0]!] }))[0]!.payload).toEqual({ deep: nested(123) });
        expect(await refused(withPayload(nested(124)))).toBe(400);
        await withPayload("a \0 and \ud83d\ude00");
        expect((await client.retrieve(name, { ids: [ids[0]!] }))[0]!.payload).toEqual({
          deep: "a \0 and \ud83d\ude00",
        });
        expect(await refused(withPayload("half of \ud83d"))).toBe(400);
      });

      test("a multivector of fewer than 1,048,576 numbers", async () => {
        await withRows(2 ** 19 - 1);
        expect(await client.count(name, { exact: true })).toEqual({ count: 1 });
        expect(await refused(withRows(2 ** 19))).toBe(422);
      });
    });
  });
});
