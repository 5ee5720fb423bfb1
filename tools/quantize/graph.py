"""Writes a small ONNX graph: nodes in order, constants by name."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"


class Graph:
    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, name, value):
        """Adds a constant once; the same name again must mean the same value."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        return name

    def number(self, value):
        return self.constant(f"{value!r}", np.float32(value))

    def vector(self, name, value):
        return self.constant(name, np.asarray(value, np.float32))

    def add(self, op, inputs, name, domain="", **attributes):
        """Adds a node of one output and returns the output's name."""
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def proto(self, inputs, output, shape):
        """The whole model. Inputs are int64: `output_length` [1], all others [batch, sequence]."""
        shapes = {name: [1] if name == "output_length" else ["batch", "sequence"] for name in inputs}
        given = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in shapes.items()]
        out = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, "bert", given, [out], list(self.constants.values()))
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="bge-js")
