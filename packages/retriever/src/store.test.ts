import { describe, expect, test } from "vitest";
import { createStore } from "./store.js";

const vector = (value: number) => Float32Array.of(value, 0);
const everything = () => true;
type Doc = { readonly id: string; readonly text: string };

describe("a store", () => {
  test("replaces a document with the same id", async () => {
    const store = createStore<Doc>(2);
    expect(store.put({ id: "a", text: "red pear" }, [vector(1)])).toBe(false);
    expect(store.put({ id: "a", text: "green plum" }, [vector(2)])).toBe(true);
    expect(store.size).toBe(1);
    const view = store.view(everything);
    expect(view.best(view.lexical("pear"), 10, 0)).toEqual([]);
    const cosines = await view.dense(vector(1));
    expect(view.best(cosines, 10).map((slot) => [view.entry(slot).document.text, cosines[slot]])).toEqual([
      ["green plum", 2],
    ]);
  });

  test("shows a search nothing added after it began, nor anything removed meanwhile", async () => {
    const store = createStore<Doc>(2);
    store.put({ id: "a", text: "pear" }, [vector(1)]);
    store.put({ id: "b", text: "pear" }, [vector(2)]);
    const view = store.view(everything);
    store.put({ id: "c", text: "pear" }, [vector(3)]);
    store.remove("a");
    const found = view.best(await view.dense(vector(1)), 10).map((slot) => view.entry(slot).document.id);
    expect(found).toEqual(["b"]);
  });

  test("reuses the slots of removed documents, and stays exact", async () => {
    const store = createStore<Doc>(2);
    for (let round = 0; round < 5; round++) {
      // Begins with a letter to be one word.
      for (let i = 0; i < 1500; i++) store.put({ id: String(i), text: `word${i} r${round}` }, [vector(i)]);
    }
    expect(store.size).toBe(1500);
    const view = store.view(everything);
    const cosines = await view.dense(vector(1));
    // 6000 were replaced; if slots were not reused, there would be 7500.
    expect(cosines.length).toBeLessThan(4500);
    expect(view.best(cosines, 2).map((slot) => view.entry(slot).document.id)).toEqual(["1499", "1498"]);
    expect(view.best(view.lexical("r3"), 10, 0)).toEqual([]);
    expect(view.best(view.lexical("r4"), 2000, 0)).toHaveLength(1500);
    const [only] = view.best(view.lexical("word7"), 10, 0);
    expect(view.entry(only!).document).toEqual({ id: "7", text: "word7 r4" });
  });

  test("keeps a document's rows for as long as the document, and a view those that it has seen", () => {
    const store = createStore<Doc>(2);
    const rowsOf = (view: ReturnType<typeof store.view>) =>
      view.best(view.lexical("pear"), 10, 0).map((slot) => view.entry(slot).rows);
    store.put({ id: "a", text: "pear" }, [vector(1)], Uint8Array.of(1));
    store.put({ id: "b", text: "a pear" }, [vector(2)], Uint8Array.of(2));
    const before = store.view(everything);
    expect(rowsOf(before)).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    store.put({ id: "a", text: "pear" }, [vector(1)], Uint8Array.of(3));
    store.remove("b");
    expect(rowsOf(store.view(everything))).toEqual([Uint8Array.of(3)]);
    expect([0, 1].map((slot) => before.entry(slot).rows)).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
  });

  test("filters before it picks the best, calling the filter once per document", () => {
    const store = createStore<Doc>(2);
    for (let i = 0; i < 100; i++) store.put({ id: String(i), text: "pear" }, [vector(i)]);
    const asked: string[] = [];
    const view = store.view(({ id }) => asked.push(id) > 0 && Number(id) % 50 === 7);
    const scores = view.lexical("pear");
    expect(view.best(scores, 3, 0).map((slot) => view.entry(slot).document.id)).toEqual(["7", "57"]);
    view.best(scores, 3, 0);
    expect(asked).toHaveLength(100);
  });
});
