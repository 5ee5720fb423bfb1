import { expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { weightBytes } from "./files.js";

test("weightBytes counts a graph's external data, and no other graph", () => {
  const folder = folderOf({
    "onnx/model.onnx": "x".repeat(10),
    "onnx/model.onnx_data": "x".repeat(1000),
    "onnx/model.onnx_data_1": "x".repeat(100),
    "onnx/model_quantized.onnx": "x".repeat(5),
  });
  expect(weightBytes(`${folder}/onnx/model.onnx`)).toBe(1110);
  expect(weightBytes(`${folder}/onnx/model_quantized.onnx`)).toBe(5);
});
