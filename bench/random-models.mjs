// Folders in Hugging Face layout with a cross-encoder's shape and random weights: speed does not depend on their values.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crossEncoder } from "./onnx/cross-encoder.mjs";
import { writeGraph } from "./onnx/graph.mjs";
import { WORDS } from "./texts.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const SMALL = join(root, "packages/model-bge-small-en-v1.5/model");
const XLMR = join(root, "test/fixtures/tiny-xlmr-reranker");

/** A vocabulary's size changes the file and not the work, so the large one is left small. */
const SHAPES = {
  "small-reranker": {
    tokenizer: SMALL,
    model_type: "bert",
    architectures: ["BertForSequenceClassification"],
    shape: { positions: 512, width: 384, layers: 12, heads: 12, inner: 1536, firstPosition: 0, epsilon: 1e-12 },
  },
  "base-reranker": {
    tokenizer: XLMR,
    model_type: "xlm-roberta",
    architectures: ["XLMRobertaForSequenceClassification"],
    shape: { positions: 514, width: 768, layers: 12, heads: 12, inner: 3072, firstPosition: 2, epsilon: 1e-5 },
  },
};

/** As transformers.js and bge-js look for them. */
export const FILES = { fp32: "model.onnx", int8: "model_quantized.onnx" };

/** The folder under `work` of a random model with this dtype's file; written where it is missing. */
export function randomModel(work, name, dtype) {
  const { tokenizer, shape, ...declared } = SHAPES[name];
  const folder = join(work, name);
  const file = join(folder, "onnx", FILES[dtype]);
  if (existsSync(file)) return folder;
  mkdirSync(join(folder, "onnx"), { recursive: true });
  const json = tokenizerOf(tokenizer);
  const { vocab } = json.model;
  const vocabulary = Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length;
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
  cpSync(join(tokenizer, "tokenizer_config.json"), join(folder, "tokenizer_config.json"));
  const config = JSON.parse(readFileSync(join(tokenizer, "config.json"), "utf8"));
  const sizes = {
    vocab_size: vocabulary,
    hidden_size: shape.width,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    intermediate_size: shape.inner,
    max_position_embeddings: shape.positions,
  };
  const labels = { id2label: { 0: "LABEL_0" }, label2id: { LABEL_0: 0 } };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...declared, ...sizes, ...labels }));
  // A file that an interrupted run left half written must not count as there.
  writeGraph(crossEncoder({ ...shape, vocabulary }, dtype), `${file}.partial`);
  renameSync(`${file}.partial`, file);
  return folder;
}

/** The fixture's vocabulary of pieces lacks the words of the texts: with them, a word is one token. */
function tokenizerOf(folder) {
  const json = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8"));
  if (json.model.type !== "Unigram") return json;
  const known = new Set(json.model.vocab.map(([piece]) => piece));
  const missing = WORDS.map((word) => `▁${word}`).filter((piece) => !known.has(piece));
  json.model.vocab.push(...missing.map((piece) => [piece, -1]));
  return json;
}
