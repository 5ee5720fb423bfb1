"""Stores the backbone's matrices in float16 or int8. Heads, norms, biases, attention and softmax stay fp32."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from weights import Weight

MICROSOFT = "com.microsoft"  # the domain of onnxruntime's own operators
SMALLEST = np.float32(1e-12)  # of a row's or column's largest value: a row of zeros stays zeros

# Products of these are fp32 with float16 weights: what a gate lets through can leave float16's range of ±65504.
GATED = "down_proj.weight"


class Rewriter:
    """Replaces nodes in place and keeps the graph sorted. Names are derived from the replaced node's."""

    def __init__(self, model: onnx.ModelProto, weights: dict[str, Weight]):
        self.graph, self.weights, self.nodes, self.made = model.graph, weights, [], set()

    def run(self, matmul, gather) -> dict[str, Weight]:
        tokens = {"input_ids"}  # and what a graph makes of their shape alone, as CLIP's does
        for node in self.graph.node:
            if node.op_type in ("Reshape", "Cast", "Identity") and node.input[0] in tokens:
                tokens.add(node.output[0])
            if node.op_type == "MatMul" and self.is_matrix(node.input[1]):
                matmul(self, node)
            elif node.op_type == "Gather" and self.is_matrix(node.input[0]) and node.input[1] in tokens:
                gather(self, node)
            else:
                self.nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        used = {name for node in self.graph.node for name in node.input}
        return {name: weight for name, weight in self.weights.items() if name in used}

    def is_matrix(self, name: str) -> bool:
        weight = self.weights.get(name)
        return weight is not None and weight.rounded and len(weight.shape) == 2

    def add(self, op: str, inputs: list[str], name: str, **attributes) -> str:
        """A node of one output; made once, where the name says all."""
        if name not in self.made:
            self.made.add(name)
            self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def number(self, value: float) -> str:
        name = f"number {value!r}"
        self.weights[name] = Weight((), np.dtype(np.float32), lambda: np.array(value, np.float32))
        return name

    def store(self, name: str, shape, dtype, read) -> str:
        self.weights[name] = Weight(tuple(shape), np.dtype(dtype), read)
        return name


def to_float16(model: onnx.ModelProto, weights: dict[str, Weight]) -> dict[str, Weight]:
    """Products are float16 too, except those of `GATED` weights."""

    def stored(graph: Rewriter, name: str) -> str:
        weight = graph.weights[name]
        return graph.store(f"{name}.float16", weight.shape, np.float16, lambda: weight.read().astype(np.float16))

    def matmul(graph: Rewriter, node) -> None:
        x, matrix = node.input[0], stored(graph, node.input[1])
        if GATED in node.input[1]:
            matrix = graph.add("Cast", [matrix], f"{matrix}.float32", to=TensorProto.FLOAT)
            graph.add("MatMul", [x, matrix], node.output[0])
            return
        x = graph.add("Cast", [x], f"{x}.float16", to=TensorProto.FLOAT16)
        product = graph.add("MatMul", [x, matrix], f"{node.output[0]}.float16")
        graph.add("Cast", [product], node.output[0], to=TensorProto.FLOAT)

    def gather(graph: Rewriter, node) -> None:
        row = graph.add("Gather", [stored(graph, node.input[0]), node.input[1]], f"{node.output[0]}.float16", axis=0)
        graph.add("Cast", [row], node.output[0], to=TensorProto.FLOAT)

    return Rewriter(model, dict(weights)).run(matmul, gather)


def to_int8(model: onnx.ModelProto, weights: dict[str, Weight]) -> dict[str, Weight]:
    """Signed int8 with one scale for each output column and each word; activations, each token by its own largest value.

    So no text's numbers depend on its neighbours' ranges, as they do with onnxruntime's quantize_dynamic. Activations are
    uint8 around 128: onnxruntime 1.30 multiplies int8 by int8 many times slower.
    """

    if MICROSOFT not in {opset.domain for opset in model.opset_import}:
        model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))

    def zero(graph: Rewriter) -> str:
        return graph.store("zero", (), np.uint8, lambda: np.array(128, np.uint8))

    def weight_zero(graph: Rewriter) -> str:
        return graph.store("weight zero", (), np.int8, lambda: np.array(0, np.int8))

    def stored(graph: Rewriter, name: str, axis: int) -> tuple[str, str]:
        """Axis 0 shares a scale along columns, as a vector; axis 1 along rows, as a column."""
        weight = graph.weights[name]
        shape = weight.shape[1:] if axis == 0 else (weight.shape[0], 1)

        def scale() -> np.ndarray:
            values = weight.read()
            largest = np.maximum(values.max(axis=axis, keepdims=axis == 1), -values.min(axis=axis, keepdims=axis == 1))
            return np.maximum(largest, SMALLEST) / np.float32(127)

        def values() -> np.ndarray:
            steps = weight.read() / scale()
            return np.rint(steps, out=steps).astype(np.int8)

        return graph.store(f"{name}.int8", weight.shape, np.int8, values), graph.store(f"{name}.scale", shape, np.float32, scale)

    def matmul(graph: Rewriter, node) -> None:
        x, (matrix, columns) = node.input[0], stored(graph, node.input[1], axis=0)
        largest = graph.add("ReduceMax", [graph.add("Abs", [x], f"{x}.abs")], f"{x}.max", axes=[-1], keepdims=1)
        largest = graph.add("Max", [largest, graph.number(float(SMALLEST))], f"{x}.largest")
        scale = graph.add("Mul", [largest, graph.number(1 / 127)], f"{x}.scale")
        steps = graph.add("Div", [x, scale], f"{x}.steps")
        rounded = graph.add("QuantizeLinear", [steps, graph.number(1.0), zero(graph)], f"{x}.uint8")
        inputs = [rounded, matrix, graph.number(1.0), columns, zero(graph), weight_zero(graph)]
        product = graph.add("MatMulIntegerToFloat", inputs, f"{node.output[0]}.columns", domain=MICROSOFT)
        graph.add("Mul", [product, scale], node.output[0])

    def gather(graph: Rewriter, node) -> None:
        name, (table, rows) = node.output[0], stored(graph, node.input[0], axis=1)
        row = graph.add("Gather", [table, node.input[1]], f"{name}.int8", axis=0)
        row = graph.add("Cast", [row], f"{name}.float", to=TensorProto.FLOAT)
        graph.add("Mul", [row, graph.add("Gather", [rows, node.input[1]], f"{name}.scale", axis=0)], name)

    return Rewriter(model, dict(weights)).run(matmul, gather)


ROUND = {"fp32": lambda model, weights: weights, "fp16": to_float16, "int8": to_int8}
