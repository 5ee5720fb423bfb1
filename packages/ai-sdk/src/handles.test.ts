import type { ModelHandle } from "@bge-js/core/adapter";
import { expect, test } from "vitest";
import { createHandles } from "./handles.js";

function counting() {
  const disposed: number[] = [];
  let made = 0;
  const make = (): ModelHandle<number> => {
    const id = made++;
    return { get: async () => id, dispose: async () => void disposed.push(id) };
  };
  return { make, disposed };
}

test("equal fields share a handle, others do not", async () => {
  const { make } = counting();
  const handles = createHandles();
  const onTruncate = () => undefined;
  const id = (kind: string, fields: object) => handles.of(kind, fields, make).get();
  expect(await id("a", { model: "x", onTruncate })).toBe(0);
  expect(await id("a", { onTruncate, model: "x" })).toBe(0);
  expect(await id("b", { model: "x", onTruncate })).toBe(1);
  expect(await id("a", { model: "x", onTruncate: () => undefined })).toBe(2);
  expect(await id("a", { model: "x" })).toBe(3);
  expect(await id("a", { model: undefined })).toBe(4);
  expect(await id("a", { dtype: undefined })).toBe(5);
});

test("dispose frees each once, and what is made later at once", async () => {
  const { make, disposed } = counting();
  const handles = createHandles();
  handles.of("a", { model: "x" }, make);
  handles.of("a", { model: "y" }, make);
  await handles.dispose();
  expect(disposed).toEqual([0, 1]);
  handles.of("a", { model: "z" }, make);
  expect(disposed).toEqual([0, 1, 2]);
});
