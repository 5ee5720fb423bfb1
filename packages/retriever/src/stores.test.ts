import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { turn } from "@bge-js/core/adapter";
import fc from "fast-check";
import { open as openLmdb } from "lmdb";
import { afterEach, describe, expect, test } from "vitest";
import { openDiskStore } from "./disk/disk-store.js";
import { createMemoryStore } from "./memory-store.js";
import type { Store } from "./store.js";

type Doc = { readonly id: string; readonly text?: string; readonly page?: number };

const DIMENSIONS = 20;
const WORDS = ["red", "green", "blue", "pear", "apple", "plum", "maxQueueSize", "今天股市"];
const folders: string[] = [];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "bge-index-"));
  folders.push(path);
  return join(path, "index");
}

afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

const open = (directory: string, readOnly = false) =>
  openDiskStore<Doc>({ directory, readOnly, dimensions: DIMENSIONS, identity: { vectors: { id: "x" }, rows: true } });

/** A vector of length 1, always the same for a number. */
function vectorOf(seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  const vector = Float32Array.from({ length: DIMENSIONS }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31 + 0.4;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const rowsOf = (seed: number) => new Uint8Array((seed * 977) % 9000).fill(seed);

/** All that a search can see of a store. */
async function seen(
  store: Store<Doc>,
  query: string,
  vector: Float32Array,
  count: number,
  accept?: (one: Doc) => boolean,
) {
  const view = await store.view(accept);
  try {
    const words = await view.lexical(query, count);
    const cosines = await view.dense(vector, count);
    const all = [...new Set([...words.slots, ...cosines.slots])];
    const details = all.map((slot) => {
      const entry = view.entry(slot)!;
      return [entry.document, Buffer.from(entry.rows()!).toString("latin1"), words.score(slot), cosines.score(slot)];
    });
    const idsOf = (slots: readonly number[]) => slots.map((slot) => view.entry(slot)!.document.id);
    return { words: idsOf(words.slots), cosines: idsOf(cosines.slots), details };
  } finally {
    view.close();
  }
}

async function idsOf(store: Store<Doc>): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.ids()) ids.push(id);
  return ids.sort();
}

const id = fc.oneof(fc.constantFrom(..."abcdefgh"), fc.constantFrom("ü/\0", "\ud800", "x".repeat(3000)));
const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 6 }).map((words) => words.join(" "));
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put"),
      id,
      text: fc.option(text, { nil: undefined }),
      seeds: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("update"), id, page: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove"), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("commit") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen") }) },
) as fc.Arbitrary<{ kind: string; id: string; text: string | undefined; seeds: number[]; page: number }>;

test("a store on disk finds what one in memory finds, in the same order, also for a second process", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), text, fc.nat(40), async (steps, query, seed) => {
      const directory = folder();
      const memory = createMemoryStore<Doc>(DIMENSIONS);
      let disk = await open(directory);
      await disk.commit();
      const reader = await open(directory, true);
      for (const { kind, id, text, seeds, page } of steps) {
        if (kind === "put") {
          const document = { id, ...(text !== undefined && { text }) };
          for (const store of [memory, disk]) void store.put(document, seeds.map(vectorOf), rowsOf(seeds[0]!));
        } else if (kind === "update") {
          const before = memory.get(id);
          if (before !== undefined) for (const store of [memory, disk]) void store.update({ ...before, page });
        } else if (kind === "remove") {
          expect(await disk.remove([id])).toBe(await memory.remove([id]));
        } else if (kind === "commit") {
          await disk.commit();
        } else {
          await disk.commit();
          await disk.close();
          disk = await open(directory);
        }
      }
      await disk.commit();
      expect(disk.size).toBe(memory.size);
      expect(await idsOf(disk)).toEqual(await idsOf(memory));
      for (const count of [2, 100]) {
        for (const accept of [undefined, ({ text }: Doc) => (text ?? "").length % 2 === 0]) {
          const expected = await seen(memory, query, vectorOf(seed), count, accept);
          expect(await seen(disk, query, vectorOf(seed), count, accept)).toEqual(expected);
          expect(await seen(reader, query, vectorOf(seed), count, accept)).toEqual(expected);
        }
      }
      await reader.close();
      await disk.close();
      expect(readdirSync(directory).sort()).toEqual(["data.mdb", "lock.mdb"]);
    }),
    { numRuns: 50 },
  );
}, 300_000);

describe("before the first commit, a reader is told that nothing is written yet", () => {
  const tables = ["meta", "slots", "low", "documents", "ids", "rows", "words", "changes"];

  test.each([0, 1, 2, tables.length])("by a writer that has made %i tables", async (count) => {
    const directory = folder();
    const root = openLmdb({ path: directory, noSubdir: false, maxDbs: 12, encoding: "binary", keyEncoding: "binary" });
    for (const [i, name] of tables.slice(0, count).entries()) {
      const meta = { encoding: "json", keyEncoding: "ordered-binary", useVersions: true };
      const own = { encoding: "binary", keyEncoding: ["ids", "words"].includes(name) ? "binary" : "uint32" };
      root.openDB(name, (i === 0 ? meta : own) as never);
    }
    await root.close();
    const refusal = { code: "INVALID_OPTION", parameter: "directory", message: expect.stringContaining("to read yet") };
    await expect(open(directory, true)).rejects.toMatchObject(refusal);
    const writer = await open(directory);
    const reader = await open(directory, true);
    expect(reader.size).toBe(0);
    await reader.close();
    await writer.close();
  });

  test.each([
    ["is empty", 0],
    ["has one of its first two pages", 4096],
    ["has a part of it", 512],
  ])("by one whose file %s, which the next writer makes anew", async (_, bytes) => {
    const directory = folder();
    mkdirSync(directory);
    const whole = folder();
    await openLmdb({ path: whole, noSubdir: true }).close();
    writeFileSync(join(directory, "data.mdb"), readFileSync(whole).subarray(0, bytes));
    const refusal = { code: "INVALID_OPTION", message: expect.stringContaining("to read yet") };
    await expect(open(directory, true)).rejects.toMatchObject(refusal);
    const writer = await open(directory);
    void writer.put({ id: "a", text: "red" }, [vectorOf(1)], rowsOf(1));
    await writer.commit();
    const reader = await open(directory, true);
    expect(reader.size).toBe(1);
    await reader.close();
    await writer.close();
  });

  test("an index of another model is just that, damaged or not", async () => {
    const directory = folder();
    const openAs = (id: string) => {
      const vectors = { id, dimensions: DIMENSIONS };
      return openDiskStore<Doc>({
        directory,
        readOnly: false,
        dimensions: DIMENSIONS,
        identity: { vectors, rows: false },
      });
    };
    await (await openAs("x")).close();
    const root = openLmdb({ path: directory, noSubdir: false, maxDbs: 12, encoding: "binary", keyEncoding: "binary" });
    await root.openDB<Buffer, number>("slots", { encoding: "binary", keyEncoding: "uint32" }).put(0, Buffer.alloc(9));
    await root.close();
    await expect(openAs("x")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    await expect(openAs("y")).rejects.toMatchObject({ code: "STORE_MISMATCH" });
  });

  test("a file with other tables is no index", async () => {
    const directory = folder();
    const root = openLmdb({ path: directory, noSubdir: false, maxDbs: 12 });
    root.openDB("other", {});
    await root.close();
    await expect(open(directory, true)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });
});

describe("with many documents", () => {
  test("words are merged into segments and purged, slots are reused, and every answer is memory's", async () => {
    const directory = folder();
    const memory = createMemoryStore<Doc>(DIMENSIONS);
    let disk = await open(directory);
    const reader = await open(directory, true);
    const documentOf = (i: number, round: number): Doc => ({
      id: `n${i}`,
      text: `word${i % 700} ${WORDS[i % 8]} round${round} ${"often ".repeat(i % 5)}`,
    });
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 3000; i++) {
        for (const store of [memory, disk]) {
          void store.put(documentOf(i, round), [vectorOf(i + round)], rowsOf((i + round) % 30));
          if (store.isDue()) await store.commit();
        }
      }
      const gone = Array.from({ length: 400 }, (_, i) => `n${i * 7}`);
      expect(await disk.remove(gone)).toBe(await memory.remove(gone));
      if (round === 2) {
        await disk.close();
        disk = await open(directory);
      }
      for (const query of ["word7 red", "often", `round${round}`, "round0 often 股市"]) {
        const expected = await seen(memory, query, vectorOf(round), 50);
        expect(await seen(disk, query, vectorOf(round), 50)).toEqual(expected);
        expect(await seen(reader, query, vectorOf(round), 50)).toEqual(expected);
      }
    }
    expect(disk.size).toBe(2600);
    await reader.close();
    await disk.close();
  }, 300_000);

  test("the event loop turns while ids that are not there are looked for", async () => {
    const disk = await open(folder());
    let turns = 0;
    let over = false;
    void (async () => {
      for (; !over; turns++) await turn();
    })();
    expect(await disk.remove(Array.from({ length: 100_000 }, (_, i) => `none ${i}`))).toBe(0);
    over = true;
    expect(turns).toBeGreaterThan(1);
    await disk.close();
  });
});

describe.each([
  ["in memory", () => createMemoryStore<Doc>(DIMENSIONS)],
  ["on disk", () => open(folder())],
])("a store %s", (_, make) => {
  const many = Array.from({ length: 100_000 }, (_, i) => `n${i}`);

  test("that is closed ends a listing and removals", async () => {
    const store = await make();
    for (const id of many.slice(0, 1200)) void store.put({ id }, [vectorOf(1)], rowsOf(1));
    await store.commit();
    // One removal finds nothing to do, the other has batches to wait for.
    const calls = Promise.allSettled([idsOf(store), store.remove(many.slice(1200)), store.remove(many)]);
    await store.close();
    const ended = { status: "rejected", reason: { code: "DISPOSED" } };
    expect(await calls).toMatchObject([ended, ended, ended]);
  });

  test("removes what it had when it was asked to, and nothing that is put meanwhile", async () => {
    const store = await make();
    const put = (id: string, seed: number) => store.put({ id, text: "red" }, [vectorOf(seed)], rowsOf(seed));
    for (const id of ["gone", "replaced", "changed", "given again"]) void put(id, 1);
    await store.commit();
    void put("gone too", 1);
    const ids = ["gone", "gone too", "replaced", "changed", "given again", "new"];
    const removal = store.remove([...many, ...ids]);
    for (const id of ["replaced", "new", "gone twice"]) void put(id, 2);
    void store.update({ id: "changed", text: "red", page: 2 });
    void store.update({ id: "given again", text: "red" });
    // Asked for later, it is of what was put before.
    expect(await store.remove(["gone twice", "nobody"])).toBe(1);
    expect(await removal).toBe(2);
    expect(await idsOf(store)).toEqual(["changed", "given again", "new", "replaced"]);
    expect(store.get("changed")).toEqual({ id: "changed", text: "red", page: 2 });
    await store.close();
  });
});

test("further fields of a document that could not be stored are not stored with the one before, and cost no other document", async () => {
  const directory = folder();
  const store = await open(directory);
  const first = { id: "a", text: "red" };
  void store.put(first, [vectorOf(1)], rowsOf(1));
  await store.commit();
  // Nothing can be put in the place of a document whose record is missing.
  const root = openLmdb({ path: directory, noSubdir: false, maxDbs: 12, encoding: "binary", keyEncoding: "binary" });
  const slots = root.openDB<Buffer, number>("slots", { encoding: "binary", keyEncoding: "uint32" });
  const record = Buffer.from(slots.get(0)!);
  await slots.remove(0);

  const put = store.put({ id: "a", text: "blue" }, [vectorOf(2)], rowsOf(2));
  const failing = store.commit();
  // As of other calls, which see what is on its way. The last is the same as the one before.
  const updated = [2, 3, 3].map((page) => store.update({ id: "a", text: "blue", page }));
  const beside = store.put({ id: "b", text: "pear" }, [vectorOf(3)], rowsOf(3));
  const next = store.commit();
  const onTop = store.update({ id: "a", text: "blue", page: 4 });
  const besideThat = store.update({ id: "b", text: "pear", page: 4 });
  for (const one of [put, failing]) await expect(one).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  await slots.put(0, record);
  await Promise.all([next, store.commit(), beside, besideThat]);
  for (const one of [...updated, onTop]) await expect(one).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  expect(store.get("a")).toEqual(first);
  expect(store.get("b")).toEqual({ id: "b", text: "pear", page: 4 });

  void store.update({ ...first, page: 3 });
  await store.commit();
  expect(store.get("a")).toEqual({ ...first, page: 3 });
  await root.close();
  await store.close();
});
