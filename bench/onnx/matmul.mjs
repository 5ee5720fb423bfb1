import { bytesOf, createGraph } from "./graph.mjs";

/** One matrix product `[rows, inner] x [inner, columns]`, its right side a weight as in a model. */
export function matmul({ rows, inner, columns, dtype }) {
  const graph = createGraph();
  const int8 = dtype === "int8";
  const input = graph.input("a", int8 ? "uint8" : "float32", [rows, inner]);
  const weight = graph.constant(weights(inner * columns, int8), [inner, columns]);
  if (int8) {
    const zero = graph.constant(Uint8Array.of(128), []);
    graph.node("MatMulInteger", [input, weight, zero], { as: "out" });
  } else {
    graph.node("MatMul", [input, weight], { as: "out" });
  }
  graph.output("out", int8 ? "int32" : "float32", [rows, columns]);
  return bytesOf(graph);
}

function weights(count, int8) {
  if (int8) return Int8Array.from({ length: count }, (_, i) => ((i * 37) % 255) - 127);
  return Float32Array.from({ length: count }, (_, i) => (((i * 37) % 255) - 127) / 1000);
}
