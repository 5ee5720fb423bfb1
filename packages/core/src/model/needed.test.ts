import { expect, test } from "vitest";
import { graphFile } from "./files.js";
import { externalData, filesBeside, precisionsOf } from "./needed.js";

test("external data is told from the listing, also where its names are free", () => {
  const bgeM3 = [
    "onnx/model.onnx",
    "onnx/model.onnx_data",
    "onnx/Constant_7_attr__value",
    "onnx/config.json",
    "onnx/sentencepiece.bpe.model",
    "onnx/tokenizer.json",
    "pytorch_model.bin",
    "README.md",
  ];
  expect(externalData("onnx/model.onnx", bgeM3)).toEqual(["onnx/model.onnx_data", "onnx/Constant_7_attr__value"]);
});

test("a graph's data is not another's", () => {
  const many = [
    "onnx/model.onnx",
    "onnx/model.onnx_data",
    "onnx/model.onnx_data_1",
    "onnx/model_fp16.onnx",
    "onnx/model_fp16.onnx_data",
    "onnx/model_quantized.onnx",
    "model.onnx_data",
    "onnx/deeper/model.onnx_data",
  ];
  expect(externalData("onnx/model.onnx", many)).toEqual(["onnx/model.onnx_data", "onnx/model.onnx_data_1"]);
  expect(externalData("onnx/model_fp16.onnx", many)).toEqual(["onnx/model_fp16.onnx_data"]);
  expect(externalData("onnx/model_quantized.onnx", many)).toEqual([]);
  expect(externalData("onnx/model.onnx", ["onnx/model.onnx", "onnx/model.onnx.data"])).toEqual([
    "onnx/model.onnx.data",
  ]);
});

test("of everything else, only facts and the tokenizer", () => {
  const paths = ["pytorch_model.bin", "tokenizer.json", "1_Pooling/config.json", "onnx/tokenizer.json", "config.json"];
  expect(filesBeside(paths)).toEqual(["config.json", "tokenizer.json", "1_Pooling/config.json"]);
});

test("precisions are those whose graph is there", () => {
  expect(precisionsOf(["onnx/model_quantized.onnx", "onnx/model.onnx", "model_fp16.onnx"])).toEqual(["fp32", "int8"]);
  const layers = ["onnx/model_layer28.onnx", "onnx/model_layer40_fp16.onnx", "onnx/model_layers.onnx"];
  expect(precisionsOf(layers)).toEqual(["fp32", "fp16"]);
  expect(precisionsOf(layers, (dtype) => graphFile(dtype, 28))).toEqual(["fp32"]);
});
