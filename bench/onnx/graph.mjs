// Writes ONNX graphs. Field numbers are those of onnx.proto (IR version 8, opset 17).
import { closeSync, openSync, writeFileSync } from "node:fs";
import { float, integer, message, string } from "./protobuf.mjs";

const TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };
const typeOf = (data) =>
  ({ Float32Array: 1, Uint8Array: 2, Int8Array: 3, Int32Array: 6, BigInt64Array: 7 })[data.constructor.name];

/** An empty graph to add to: `node` returns the name of its (first) output, `constant` that of an initializer. */
export function createGraph() {
  const nodes = [];
  const initializers = [];
  const inputs = [];
  const outputs = [];
  let count = 0;
  const name = () => `t${count++}`;
  return {
    input(inputName, type, shape) {
      inputs.push(valueInfo(11, inputName, type, shape));
      return inputName;
    },
    output(outputName, type, shape) {
      outputs.push(valueInfo(12, outputName, type, shape));
    },
    constant(data, shape) {
      const tensor = name();
      const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      const dims = shape.map((size) => integer(1, size));
      initializers.push(message(5, dims, integer(2, typeOf(data)), string(8, tensor), message(9, raw)));
      return tensor;
    },
    node(type, ins, { outs = 1, as, ...attributes } = {}) {
      const results = as === undefined ? Array.from({ length: outs }, name) : [as];
      const fields = [ins.map((tensor) => string(1, tensor)), results.map((tensor) => string(2, tensor))];
      const settings = Object.entries(attributes).map(([key, value]) => attribute(key, value));
      nodes.push(message(1, ...fields, string(3, `${type}_${nodes.length}`), string(4, type), ...settings));
      return outs === 1 ? results[0] : results;
    },
    /** The file's bytes, in chunks. */
    chunks() {
      const graph = message(7, nodes, string(2, "graph"), initializers, inputs, outputs);
      return [integer(1, 8), graph, message(8, string(1, ""), integer(2, 17))].flat(Number.POSITIVE_INFINITY);
    },
  };
}

export function bytesOf(graph) {
  return Buffer.concat(graph.chunks());
}

export function writeGraph(graph, file) {
  const descriptor = openSync(file, "w");
  for (const chunk of graph.chunks()) writeFileSync(descriptor, chunk);
  closeSync(descriptor);
}

function valueInfo(field, name, type, shape) {
  const dims = shape.map((size) => message(1, typeof size === "string" ? string(2, size) : integer(1, size)));
  return message(field, string(1, name), message(2, message(1, integer(1, TYPES[type]), message(2, ...dims))));
}

/** Whole numbers and lists of them, and `{ float }`. */
function attribute(name, value) {
  if (Array.isArray(value))
    return message(
      5,
      string(1, name),
      value.map((item) => integer(8, item)),
      integer(20, 7),
    );
  if (typeof value === "object") return message(5, string(1, name), float(2, value.float), integer(20, 1));
  return message(5, string(1, name), integer(3, value), integer(20, 2));
}
