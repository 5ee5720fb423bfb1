import { expectTypeOf, test } from "vitest";
import { loadMultimodalEmbedder, type MultimodalEmbedder, type RawImage } from "./multimodal.js";

declare const model: MultimodalEmbedder;
declare const image: RawImage;

test("a loaded model", () => {
  expectTypeOf(
    loadMultimodalEmbedder("./folder", { dtype: "int8", allowUrls: { hosts: ["example.org"] } }),
  ).resolves.toEqualTypeOf(model);
  expectTypeOf(model.embed([{ text: "a" }, { image: "a.jpg" }, { image, text: "a" }])).resolves.toEqualTypeOf<
    Float32Array[]
  >();
  expectTypeOf(model.embed([{ image, instruction: "a" }], { inputType: "query" })).resolves.toEqualTypeOf<
    Float32Array[]
  >();
});

test("a stream yields `undefined` only where inputs may be skipped", () => {
  expectTypeOf(model.embedStream([{ image: new URL("file:///a.png") }])).toEqualTypeOf<
    AsyncGenerator<Float32Array, void, undefined>
  >();
  expectTypeOf(model.embedStream([{ text: "a" }], { onError: "skip" })).toEqualTypeOf<
    AsyncGenerator<Float32Array | undefined, void, undefined>
  >();
});

test("what is no input, no option", () => {
  // @ts-expect-error: a text is a field.
  void model.embed(["a"]);
  // @ts-expect-error: floats are no samples.
  void model.embed([{ image: { data: new Float32Array(3), width: 1, height: 1, channels: 3 } }]);
  // @ts-expect-error: these models have no instruction.
  void loadMultimodalEmbedder(undefined, { queryInstruction: "a" });
});
