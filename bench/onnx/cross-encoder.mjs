import { random } from "../texts.mjs";
import { createGraph } from "./graph.mjs";

/**
 * A BERT or XLM-R cross-encoder with random weights, written as exporters write it: fp32, or int8 as ONNX Runtime's dynamic
 * quantisation makes it (each matrix product's input scaled by its own range, weights per tensor).
 */
export function crossEncoder({ vocabulary, positions, width, layers, heads, inner, firstPosition, epsilon }, dtype) {
  const graph = createGraph();
  const values = uniform();
  const { node } = graph;
  const vector = (list) => graph.constant(Float32Array.from(list), [list.length]);
  const scalar = (value) => graph.constant(Float32Array.of(value), []);
  const shape = (list) => graph.constant(BigInt64Array.from(list, BigInt), [list.length]);
  const bias = (size) => graph.constant(values(size), [size]);
  const table = (rows) => graph.constant(values(rows * width), [rows, width]);
  const norm = (x) =>
    node("LayerNormalization", [x, vector(Array(width).fill(1)), bias(width)], { epsilon: { float: epsilon } });

  const ids = graph.input("input_ids", "int64", ["batch", "tokens"]);
  const mask = graph.input("attention_mask", "int64", ["batch", "tokens"]);
  const counted = node("CumSum", [mask, graph.constant(BigInt64Array.of(1n), [])]);
  const position = node("Add", [counted, shape([firstPosition - 1])]);
  const words = node("Gather", [table(vocabulary), ids]);
  let hidden = norm(node("Add", [words, node("Gather", [table(positions), position])]));

  const seen = node("Cast", [node("Unsqueeze", [mask, shape([1, 2])])], { to: 1 });
  const masked = node("Mul", [node("Sub", [scalar(1), seen]), scalar(-10000)]);
  for (let layer = 0; layer < layers; layer++) {
    const attended = linear(attention(quantised(hidden)), width, width);
    hidden = norm(node("Add", [attended, hidden]));
    const up = gelu(linear(hidden, width, inner));
    hidden = norm(node("Add", [linear(up, inner, width), hidden]));
  }
  const first = node("Gather", [hidden, graph.constant(BigInt64Array.of(0n), [])], { axis: 1 });
  const dense = node("Tanh", [linear(first, width, width)]);
  const logit = node("MatMul", [dense, graph.constant(values(width), [width, 1])]);
  node("Add", [logit, bias(1)], { as: "logits" });
  graph.output("logits", "float32", ["batch", 1]);
  return graph;

  function attention(x) {
    const size = width / heads;
    const split = shape([0, 0, heads, size]);
    const head = (perm) => node("Transpose", [node("Reshape", [linear(x, width, width), split])], { perm });
    const scaled = node("Div", [head([0, 2, 1, 3]), scalar(Math.sqrt(size))]);
    const scores = node("Add", [node("MatMul", [scaled, head([0, 2, 3, 1])]), masked]);
    const mixed = node("MatMul", [node("Softmax", [scores], { axis: -1 }), head([0, 2, 1, 3])]);
    return node("Reshape", [node("Transpose", [mixed], { perm: [0, 2, 1, 3] }), shape([0, 0, width])]);
  }

  function linear(x, from, to) {
    const b = bias(to);
    if (dtype === "fp32") return node("Add", [node("MatMul", [x, graph.constant(values(from * to), [from, to])]), b]);
    const { data, scale, zero } = typeof x === "string" ? quantised(x) : x;
    const weight = graph.constant(
      values(from * to, (value) => value * 127, Int8Array),
      [from, to],
    );
    const product = node("MatMulInteger", [data, weight, zero, graph.constant(Int8Array.of(0), [])]);
    const rescaled = node("Mul", [scale, scalar(RANGE / 127)]);
    return node("Add", [node("Mul", [node("Cast", [product], { to: 1 }), rescaled]), b]);
  }

  /** One quantisation for the three products that share an input. */
  function quantised(x) {
    if (dtype === "fp32") return x;
    const [data, scale, zero] = node("DynamicQuantizeLinear", [x], { outs: 3 });
    return { data, scale, zero };
  }

  function gelu(x) {
    const erf = node("Erf", [node("Div", [x, scalar(Math.SQRT2)])]);
    return node("Mul", [node("Mul", [x, node("Add", [erf, scalar(1)])]), scalar(0.5)]);
  }
}

/** Weights lie within this, as wide as those of a trained BERT (standard deviation 0.02). */
const RANGE = 0.035;

function uniform() {
  const next = random(5);
  return (count, map = (value) => value * RANGE, Kind = Float32Array) => {
    const values = new Kind(count);
    for (let i = 0; i < count; i++) values[i] = map(2 * next() - 1);
    return values;
  };
}
