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
    for (let i = 0; i < 1500; i++) void store.put({ id: String(i), text: `word${i} r${round}` }, [vector(i)]);
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
      void store.remove(["1", ...cosines.keys()].map(String).filter((one) => one === "1" || Number(one) > 3));
      for (let i = 0; i < 1500; i++) void store.put({ id: `new ${i}`, text: "" }, [vector(0.99)]);
    }
    return true;
  });
  const { slots } = await view.dense(vector(1), 2);
  expect(slots.map((slot) => view.entry(slot)!.document.id)).toEqual(["2", "0"]);
});
