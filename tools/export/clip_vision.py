"""CLIP's vision tower, written for speed: the same numbers as the torch model's with fewer and larger operators.

The stream of vectors is kept as [rows, width], one row for each patch; only attention sees pictures. Attention is one
operator. Of the last layer, which is read at the class token alone, no other rows are computed behind its keys and values.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper
from transformers import CLIPModel

from errors import ExportError
from rounding import MICROSOFT
from tracing import OPSET
from weights import Weight, of_tensor, transposed

PIXELS, VECTORS = "pixel_values", "image_embeds"
# What operator config.json's `hidden_act` is.
ACTIVATIONS = {"quick_gelu": ("QuickGelu", {"alpha": 1.702}), "gelu": ("Gelu", {})}


def vision_graph(model: CLIPModel) -> tuple[onnx.ModelProto, dict[str, Weight]]:
    """The graph, and its weights by name: matrices of the layers may be rounded."""
    return Builder(model).built()


class Builder:
    def __init__(self, model: CLIPModel):
        self.config = model.config.vision_config
        if self.config.hidden_act not in ACTIVATIONS:
            raise ExportError(f"The activation {self.config.hidden_act} of the vision tower is not known: {', '.join(ACTIVATIONS)}.")
        self.tensors = dict(model.named_parameters())
        self.projection = model.config.projection_dim
        self.nodes, self.weights = [], {}

    def built(self) -> tuple[onnx.ModelProto, dict[str, Weight]]:
        width, layers = self.config.hidden_size, self.config.num_hidden_layers
        tokens = (self.config.image_size // self.config.patch_size) ** 2 + 1
        self.constant("flat", [-1, width])
        self.constant("by picture", [-1, tokens, width])
        self.constant("one by picture", [-1, 1, width])
        self.constant("class token", 0)
        x = self.norm(self.embeddings(width, tokens), "pre_layrnorm")
        for number in range(layers):
            x = self.layer(x, f"encoder.layers.{number}", last=number + 1 == layers)
        x = self.norm(x, "post_layernorm")
        self.node("MatMul", [x, self.matrix("visual_projection", rounded=False)], VECTORS)
        size = self.config.image_size
        given = helper.make_tensor_value_info(PIXELS, TensorProto.FLOAT, ["batch", self.config.num_channels, size, size])
        out = helper.make_tensor_value_info(VECTORS, TensorProto.FLOAT, ["batch", self.projection])
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        graph = helper.make_graph(self.nodes, "clip vision", [given], [out])
        return helper.make_model(graph, opset_imports=opsets, ir_version=8), self.weights

    def embeddings(self, width: int, tokens: int) -> str:
        at = "vision_model.embeddings"
        side = [self.config.patch_size] * 2
        patches = self.weight(f"{at}.patch_embedding.weight")
        x = self.node("Conv", [PIXELS, patches], "patches", kernel_shape=side, strides=side)
        x = self.node("Reshape", [x, self.constant("patches flat", [0, width, tokens - 1])], "patches.flat")
        x = self.node("Transpose", [x], "patches.rows", perm=[0, 2, 1])
        count = self.node("Shape", [PIXELS], "pictures", start=0, end=1)
        shape = self.node("Concat", [count, self.constant("one row", [1, width])], "class.shape", axis=0)
        first = self.node("Expand", [self.weight(f"{at}.class_embedding"), shape], "class.rows")
        x = self.node("Concat", [first, x], "rows", axis=1)
        x = self.node("Add", [x, self.weight(f"{at}.position_embedding.weight")], "rows.placed")
        return self.node("Reshape", [x, "flat"], "stream")

    def layer(self, x: str, at: str, last: bool) -> str:
        normed = self.norm(x, f"{at}.layer_norm1")
        asking, shape = (self.first(normed, f"{at}.asking"), "one by picture") if last else (normed, "by picture")
        parts = []
        for part, source, to in (("q", asking, shape), ("k", normed, "by picture"), ("v", normed, "by picture")):
            y = self.linear(source, f"{at}.self_attn.{part}_proj")
            parts.append(self.node("Reshape", [y, to], f"{at}.{part}"))
        y = self.node("MultiHeadAttention", parts, f"{at}.attention", MICROSOFT, num_heads=self.config.num_attention_heads)
        y = self.linear(self.node("Reshape", [y, "flat"], f"{at}.mixed"), f"{at}.self_attn.out_proj")
        x = self.node("Add", [self.first(x, f"{at}.rest") if last else x, y], f"{at}.attended")
        y = self.linear(self.norm(x, f"{at}.layer_norm2"), f"{at}.mlp.fc1")
        activation, attributes = ACTIVATIONS[self.config.hidden_act]
        y = self.linear(self.node(activation, [y], f"{at}.active", MICROSOFT, **attributes), f"{at}.mlp.fc2")
        return self.node("Add", [x, y], f"{at}.out")

    def first(self, x: str, name: str) -> str:
        """The class token's row of each picture."""
        return self.node("Gather", [self.node("Reshape", [x, "by picture"], f"{name}.by picture"), "class token"], name, axis=1)

    def norm(self, x: str, at: str) -> str:
        inputs = [x, *(self.weight(f"vision_model.{at}.{part}") for part in ("weight", "bias"))]
        return self.node("LayerNormalization", inputs, f"{at}.normed", axis=-1, epsilon=self.config.layer_norm_eps)

    def linear(self, x: str, at: str) -> str:
        y = self.node("MatMul", [x, self.matrix(f"vision_model.{at}")], f"{at}.product")
        return self.node("Add", [y, self.weight(f"vision_model.{at}.bias")], f"{at}.sum")

    def matrix(self, at: str, rounded: bool = True) -> str:
        name = f"{at}.weight"
        self.weights[f"{name}.transposed"] = transposed(of_tensor(self.tensors[name], rounded), [1, 0])
        return f"{name}.transposed"

    def weight(self, name: str) -> str:
        self.weights[name] = of_tensor(self.tensors[name], rounded=False)
        return name

    def constant(self, name: str, value) -> str:
        array = np.array(value, np.int64)
        self.weights[name] = Weight(array.shape, array.dtype, lambda: array)
        return name

    def node(self, op: str, inputs: list[str], name: str, domain: str = "", **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, domain=domain, **attributes))
        return name
