import type { RowStore } from "@bge-js/core";
import { expectTypeOf, test } from "vitest";
import { openStore, type Store, type StoreOptions } from "./index.js";

test("a store is what the option `keep` takes, and can be disposed by `await using`", () => {
  expectTypeOf(openStore).parameters.toEqualTypeOf<[StoreOptions]>();
  expectTypeOf(openStore).returns.resolves.toEqualTypeOf<Store>();
  expectTypeOf<Store>().toExtend<RowStore>();
  expectTypeOf<Store>().toExtend<AsyncDisposable>();
  // @ts-expect-error: a store has a folder.
  void openStore({});
});
