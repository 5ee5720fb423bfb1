import { expect, test } from "vitest";
import { graphFiles } from "./graphs.js";
import { externalData, filesBeside, graphAmong, precisionsOf, weightPaths } from "./needed.js";

test("external data is found in the listing, even with free names", () => {
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

test("next to a model's other files, data is what has an exporter's name", () => {
  const optimum = [
    "model.onnx",
    "model.onnx_data",
    "model_quantized.onnx",
    "model_quantized.onnx_data",
    "onnx__MatMul_733",
    "embeddings.word_embeddings.weight",
    "model.safetensors",
    "pytorch_model.bin",
    "tf_model.h5",
    "LICENSE",
    "vocab.txt",
    "onnx/model.onnx_data",
  ];
  const named = ["onnx__MatMul_733", "embeddings.word_embeddings.weight"];
  expect(externalData("model.onnx", optimum)).toEqual(["model.onnx_data", ...named]);
  expect(externalData("model_quantized.onnx", optimum)).toEqual(["model_quantized.onnx_data", ...named]);
});

test("the transformer's own folder, and settings files by all their names", () => {
  const old = [
    "modules.json",
    "sentence_roberta_config.json",
    "0_Transformer/config.json",
    "0_Transformer/tokenizer.json",
    "0_Transformer/sentence_bert_config.json",
    "0_Transformer/pytorch_model.bin",
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
    "3_Pooling/config.json",
  ];
  expect(filesBeside(old).sort()).toEqual(old.filter((path) => !/\.(bin|safetensors)$/.test(path)).sort());
});

test("of other files, only facts, the tokenizer and the licence", () => {
  const paths = ["pytorch_model.bin", "tokenizer.json", "1_Pooling/config.json", "onnx/tokenizer.json", "config.json"];
  expect(filesBeside(paths)).toEqual(["config.json", "tokenizer.json", "1_Pooling/config.json"]);
  const terms = ["LICENSE", "NOTICE.txt", "licence.md"];
  expect(filesBeside([...terms, "LICENSES/a.txt", "licensed.py"])).toEqual(terms);
});

test("the weights of a model are its graphs and the data of each, with the graph for texts last", () => {
  const data = ["onnx/vision_model.onnx_data", "onnx/vision_model.onnx_data_1", "onnx/text_model.onnx_data"];
  const both = ["onnx/text_model.onnx", "onnx/vision_model.onnx", "onnx/vision_model_fp16.onnx"];
  const weights = [data[0], data[1], both[1], data[2], both[0]];
  expect(weightPaths(both[0]!, [...both, ...data])).toEqual(weights);
  expect(weightPaths("onnx/model.onnx", ["onnx/model.onnx", "onnx/model.onnx_data"])).toEqual([
    "onnx/model.onnx_data",
    "onnx/model.onnx",
  ]);
  // Data with a free name may be either's.
  expect(weightPaths(both[0]!, [...both, "onnx/Constant_7"])).toEqual(["onnx/Constant_7", both[1], both[0]]);
});

test("of several graphs, the first place counts, but one with a graph for pictures beside it goes first", () => {
  const places = ["onnx/model.onnx", "model.onnx", "onnx/text_model.onnx"];
  expect(graphAmong([], places)).toBe("onnx/model.onnx");
  expect(graphAmong(["model.onnx", "onnx/text_model.onnx"], places)).toBe("model.onnx");
  expect(graphAmong([...places, "onnx/vision_model.onnx"], places)).toBe("onnx/text_model.onnx");
});

test("precisions are those with a graph", () => {
  expect(precisionsOf(["onnx/model_quantized.onnx", "onnx/model.onnx", "model_fp16.onnx"])).toEqual([
    "fp32",
    "fp16",
    "int8",
  ]);
  const layers = ["onnx/model_layer28.onnx", "onnx/model_layer40_fp16.onnx", "onnx/model_layers.onnx"];
  expect(precisionsOf(layers)).toEqual(["fp32", "fp16"]);
  expect(precisionsOf(layers, (dtype) => graphFiles(dtype, 28))).toEqual(["fp32"]);
});
