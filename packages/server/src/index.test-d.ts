import { expectTypeOf, test } from "vitest";
import { type BgeServer, type ServeOptions, serve } from "./index.js";

test("serve takes models, an address and a key", () => {
  expectTypeOf(serve).returns.resolves.toEqualTypeOf<BgeServer>();
  expectTypeOf(serve).parameter(0).toEqualTypeOf<ServeOptions | undefined>();
  expectTypeOf(serve).toBeCallableWith();
  expectTypeOf(serve).toBeCallableWith({
    embedder: { directory: "./x" },
    reranker: "bge-reranker-base",
    port: 0,
    apiKey: { env: "KEY" },
    embedderOptions: { dtype: "int8", threads: 2 },
  });
  expectTypeOf(serve).toBeCallableWith({ embedder: false, reranker: "x", apiKey: async () => "key" });
  // @ts-expect-error a key is never given itself
  serve({ apiKey: "secret" });
  // @ts-expect-error each request decides
  serve({ embedderOptions: { truncation: "silent" } });
  expectTypeOf<BgeServer>().toExtend<AsyncDisposable>();
});
