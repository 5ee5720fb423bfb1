import { monotonic, turn } from "@bge-js/core/adapter";
import { expect, test } from "vitest";
import { createMemoryStore } from "./memory-store.js";

const vector = (value: number) => Float32Array.of(value, 0);
type Doc = { readonly id: string; readonly text: string };

async function withWord(store: ReturnType<typeof createMemoryStore<Doc>>, word: string, count = 10) {
  const view = await store.view();
  const { slots } = await view.lexical(word, count);
  return slots.map((slot) => view.entry(slot)!);
}

test("a document replaces one with the same id, and further fields alone are updated", async () => {
  const store = createMemoryStore<Doc & { readonly page?: number }>(2);
  await store.put({ id: "a", text: "red pear" }, [vector(1)]);
  await store.put({ id: "a", text: "green plum" }, [vector(2)]);
  expect(store.size).toBe(1);
  expect(await withWord(store, "pear")).toEqual([]);
  await store.update({ id: "a", text: "green plum", page: 3 });
  const view = await store.view();
  const { slots, score } = await view.dense(vector(1), 10);
  expect(slots.map((slot) => [view.entry(slot)!.document, score(slot)])).toEqual([
    [{ id: "a", text: "green plum", page: 3 }, expect.closeTo(2, 4)],
  ]);
});

test("a search sees nothing added after it began, nor anything removed meanwhile", async () => {
  const store = createMemoryStore<Doc>(2);
  await store.put({ id: "a", text: "pear" }, [vector(1)]);
  await store.put({ id: "b", text: "pear" }, [vector(2)]);
  const view = await store.view();
  await store.put({ id: "c", text: "pear" }, [vector(3)]);
  await store.remove(["a"]);
  const { slots } = await view.dense(vector(1), 10);
  expect(slots.map((slot) => view.entry(slot)!.document.id)).toEqual(["b"]);
  await store.remove(["b"]);
  expect(view.entry(slots[0]!)).toBeUndefined();
});

test("slots of removed documents are reused, and answers stay exact", async () => {
  const store = createMemoryStore<Doc>(2);
  for (let round = 0; round < 5; round++) {
    // Begins with a letter to be one word.
    for (let i = 0; i < 1500; i++) {
      void store.put({ id: String(i), text: `word${i} r${round}` }, [vector(i)]);
      // As when documents are added.
      await store.commit();
      if (i % 10 === 0) await turn();
    }
  }
  expect(store.size).toBe(1500);
  const view = await store.view();
  const { slots } = await view.dense(vector(1), 2);
  expect(slots.map((slot) => view.entry(slot)!.document.id)).toEqual(["1499", "1498"]);
  // 6000 were replaced; if slots were not reused, there would be 7500.
  expect(Math.max(...(await view.lexical("r4", 2000)).slots)).toBeLessThan(4500);
  expect(await withWord(store, "r3")).toEqual([]);
  expect(await withWord(store, "r4", 2000)).toHaveLength(1500);
  expect((await withWord(store, "word7", 1)).map(({ document }) => document)).toEqual([{ id: "7", text: "word7 r4" }]);
});

test("documents are filtered before the best are picked, each once", async () => {
  const store = createMemoryStore<Doc>(2);
  for (let i = 0; i < 100; i++) void store.put({ id: String(i), text: "pear" }, [vector(i)]);
  const asked: string[] = [];
  const view = await store.view(({ id }) => asked.push(id) > 0 && Number(id) % 50 === 7);
  for (let again = 0; again < 2; again++) {
    const { slots } = await view.lexical("pear", 3);
    expect(slots.map((slot) => view.entry(slot)!.document.id)).toEqual(["7", "57"]);
  }
  expect(asked).toHaveLength(100);
});

test("another document that takes the slot of one found hides no third one", async () => {
  const store = createMemoryStore<Doc>(2);
  const cosines = [0.5, 0.6, 0.9, 0.4, ...new Array<number>(1500).fill(0.1)];
  for (const [i, cosine] of cosines.entries()) await store.put({ id: String(i), text: "" }, [vector(cosine)]);
  const view = await store.view(({ id }) => {
    if (id === "2") {
      const gone = ["1", ...cosines.keys()].map(String).filter((one) => one === "1" || Number(one) > 3);
      void store.remove(gone).then(() => {
        for (let i = 0; i < 1500; i++) void store.put({ id: `new ${i}`, text: "" }, [vector(0.99)]);
      });
      // Longer than a slice, so that the search waits and the slots are swept and taken.
      for (const start = monotonic(); monotonic() - start < 5; );
    }
    return true;
  });
  const { slots } = await view.dense(vector(1), 2);
  expect(store.has("new 1499")).toBe(true);
  expect(slots.map((slot) => view.entry(slot)!.document.id)).toEqual(["2", "0"]);
});

/** Counts the turns of the event loop while a call runs. */
async function turnsWhile(call: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let over = false;
  void (async () => {
    for (; !over; turns++) await turn();
  })();
  await call();
  over = true;
  return turns;
}

const document = (i: number): Doc => ({ id: String(i), text: `pear word${i % 97} word${i % 1013} w${i}` });

async function filled(count: number) {
  const store = createMemoryStore<Doc>(2);
  for (let i = 0; i < count; i++) void store.put(document(i), [vector(i)]);
  return store;
}

test("the event loop turns while very many documents are listed or removed", async () => {
  const store = await filled(30_000);
  const all: string[] = [];
  const listing = async () => {
    for await (const id of store.ids()) all.push(id);
  };
  expect(await turnsWhile(listing)).toBeGreaterThan(1);
  expect(all).toEqual(Array.from({ length: 30_000 }, (_, i) => String(i)));
  expect(await turnsWhile(() => store.remove(all.slice(5)))).toBeGreaterThan(1);
  expect(store.size).toBe(5);
  expect((await withWord(store, "pear")).map(({ document }) => document.id)).toEqual(["0", "1", "2", "3", "4"]);
  await store.close();
});

test("searches are exact while documents are removed and others are added", async () => {
  const store = await filled(20_000);
  const left = Array.from({ length: 400 }, (_, i) => document(i * 50));
  const kept = new Set(left.map(({ id }) => id));
  const gone = Array.from({ length: 20_000 }, (_, i) => String(i)).filter((id) => !kept.has(id));
  let isRemoved = false;
  const removal = store.remove(gone).then(() => {
    isRemoved = true;
  });
  // While they are being removed, what remains is found in any case.
  while (!isRemoved) {
    const found = await withWord(store, "w50", 9);
    expect(found.map(({ document }) => document.id)).toEqual(["50"]);
    // A quick search waits for nothing, and would leave the removal no turn.
    await turn();
  }
  await removal;
  for (let i = 0; i < 15; i++) {
    const added = { id: `new ${i}`, text: `plum word${i % 97} word0` };
    left.push(added);
    await store.put(added, [vector(30_000 + i)]);
    const fresh = createMemoryStore<Doc>(2);
    for (const [at, one] of left.entries()) await fresh.put(one, [vector(at < 400 ? at * 50 : 29_600 + at)]);
    for (const count of [3, 500])
      expect(await seen(store, "word0 plum", count)).toEqual(await seen(fresh, "word0 plum", count));
  }
});

async function seen(store: ReturnType<typeof createMemoryStore<Doc>>, query: string, count: number) {
  const view = await store.view();
  const [words, cosines] = [await view.lexical(query, count), await view.dense(vector(1), count)];
  return [words, cosines].map(({ slots, score }) => slots.map((slot) => [view.entry(slot)!.document.id, score(slot)]));
}

test("a listing gives each id once, though one is removed and put again meanwhile", async () => {
  const store = createMemoryStore<Doc>(2);
  for (let i = 0; i < 100_000; i++) void store.put({ id: String(i), text: "" }, [vector(i)]);
  const listed: string[] = [];
  const listing = (async () => {
    for await (const id of store.ids()) listed.push(id);
  })();
  await store.remove(["0"]);
  await store.put({ id: "0", text: "" }, [vector(0)]);
  await listing;
  expect(listed).toEqual(Array.from({ length: 100_000 }, (_, i) => String(i)));
});
