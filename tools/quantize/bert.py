"""A BERT encoder as a lean int8 graph, in which no token's numbers depend on its neighbours' ranges.

The stream of token vectors is kept as [tokens, hidden]; only attention sees batch and sequence. There is no mask: texts
of a run are of equal length. The last layer computes no more than what is read of it: the first `output_length` tokens
of each text, or the first one where a classifier follows.
Two ways to round activations to 8 bits:

- *by channel*, before the query/key/value, the attention output and the first feed-forward matmul. What reaches them
  comes out of a LayerNormalization, or is a mean of values that do, so its channels have stable ranges. Each channel is
  divided by its reach, which costs nothing (the norm's gain and bias or the value matmul absorb the division, the
  weights the multiplication), and one constant scale serves all.
- *by token*, before the second feed-forward matmul: each row by its own largest value.
"""

import numpy as np
from onnx import TensorProto

import rounding
from graph import MICROSOFT, Graph

MARGIN = 1.25  # how much further than observed a channel may reach before it is clipped
GELU_ZERO = 32  # GELU gives -0.17 at least: 32 of the 256 steps are enough for what is below zero


def build(model, seen):
    return Bert(model, seen).model()


class Bert(Graph):
    def __init__(self, model, seen):
        super().__init__()
        self.source, self.seen = model, seen
        self.hidden = model["words"].shape[1]
        self.classifier = model.get("classifier")
        self.constant("flat", np.array([-1, self.hidden], np.int64))
        self.constant("one dimension", np.array([-1], np.int64))
        self.constant("hidden", np.array([self.hidden], np.int64))
        self.constant("start", np.array([0], np.int64))

    def model(self):
        self.shapes()
        layers = self.source["layers"]
        x, rest = self.norm(self.embeddings(), "embeddings.norm", self.source["norm"], self.reach(0, "attention"))
        for i, layer in enumerate(layers):
            last = i + 1 == len(layers)
            mixed = self.attention(x, i, layer, last)
            if last:
                rest = self.leading(rest, "leading.rest")
            out = self.by_channel(self.quantized(mixed, f"layer.{i}.mixed"), f"layer.{i}.attention_out", layer["attention_out"], self.reach(i, "mixed"))
            total = self.add("Add", [out, rest], f"layer.{i}.attention.sum")
            total = self.feed_forward(total, i, layer, last)
            reach = None if last else self.reach(i + 1, "attention")
            x, rest = self.norm(total, f"layer.{i}.output_norm", layer["output_norm"], reach)
        if self.classifier is not None:
            weight, offset = self.classifier
            self.add("Gemm", [x, self.vector("classifier.weight", weight), self.vector("classifier.bias", offset)], "logits")
            return self.proto(["input_ids", "token_type_ids"], "logits", ["batch", 1])
        self.add("Reshape", [x, "output shape"], "last_hidden_state")
        return self.proto(["input_ids", "output_length"], "last_hidden_state", ["batch", "output", self.hidden])

    def shapes(self):
        if self.classifier is not None:
            self.constant("output_length", np.array([1], np.int64))
        batch = self.add("Shape", ["input_ids"], "batch", start=0, end=1)
        sequence = self.add("Shape", ["input_ids"], "sequence", start=1, end=2)
        for name, length in (("token", sequence), ("output", "output_length")):
            self.add("Concat", [batch, length, "hidden"], f"{name} shape", axis=0)
            count = self.add("Mul", [batch, length], f"{name} count")
            self.add("Expand", [self.zero(GELU_ZERO), count], f"{name} zeros")

    def leading(self, x, name):
        """The rows of the tokens that are read, of a [tokens, hidden] stream."""
        x = self.add("Reshape", [x, "token shape"], name + ".all")
        axis = self.constant("sequence axis", np.array([1], np.int64))
        return self.add("Reshape", [self.add("Slice", [x, "start", "output_length", axis], name + ".cut"), "flat"], name)

    def zero(self, value):
        return self.constant(f"zero {value}", np.uint8(value))

    def weight_zero(self):
        """Optional, but named: ONNX Runtime rewrites it where it turns the weights into uint8 (x86 without VNNI, on request)."""
        return self.constant("weight zero", np.int8(0))

    def embeddings(self):
        words, scale = rounding.rows(self.source["words"])
        self.constant("words", words)
        self.vector("words.scale", scale)
        word = self.add("Cast", [self.add("Gather", ["words", "input_ids"], "word.int8")], "word.float", to=TensorProto.FLOAT)
        total = self.add("Mul", [word, self.add("Gather", ["words.scale", "input_ids"], "word.scale")], "word")
        types, positions = self.source["types"], self.source["positions"]
        if self.classifier is not None:
            kind = self.add("Gather", [self.vector("types", types), "token_type_ids"], "type")
            total = self.add("Add", [total, kind], "word+type")
        else:
            positions = positions + types[0]
        place = self.add("Slice", [self.vector("positions", positions), "start", "sequence", "start"], "position")
        return self.add("Reshape", [self.add("Add", [total, place], "embeddings"), "flat"], "embeddings.flat")

    def reach(self, layer, place, shift=0):
        """What to divide each channel by, so that it stays within -1 and 1. Rounded up to an eighth of an octave."""
        low, high = self.seen[layer, place]
        reach = np.maximum(np.abs(low + shift), np.abs(high + shift)) * MARGIN
        return np.exp2(np.ceil(np.log2(reach) * 8) / 8)

    def norm(self, x, name, pair, reach, shift=0):
        """The normalised stream plus shift: divided by reach for a matmul, and as it is for the residual sum."""
        gain, offset = pair[0].astype(np.float64), pair[1].astype(np.float64) + shift
        divisor = 1 if reach is None else reach
        inputs = [x, self.vector(name + ".gain", gain / divisor), self.vector(name + ".bias", offset / divisor)]
        y = self.add("LayerNormalization", inputs, name, axis=-1, epsilon=1e-12)
        return y, y if reach is None else self.add("Mul", [y, self.vector(name + ".reach", reach)], name + ".rest")

    def quantized(self, x, name):
        return self.add("QuantizeLinear", [x, self.number(1 / 127), self.zero(128)], name + ".in")

    def by_channel(self, x, name, pair, reach):
        """x is quantized already, channels divided by reach; the bias is added by the matmul."""
        weight, offset = pair
        rounded, scale = rounding.columns(weight.astype(np.float64) * reach[:, None])
        inputs = [x, self.constant(name + ".weight", rounded), self.number(1 / 127), self.vector(name + ".scale", scale)]
        inputs += [self.zero(128), self.weight_zero(), self.vector(name + ".bias", offset)]
        return self.add("MatMulIntegerToFloat", inputs, name, domain=MICROSOFT)

    def attention(self, x, i, layer, last):
        """Means of value rows, each channel divided by its reach. One operator, which is fastest without a mask."""
        at = f"layer.{i}."
        reach, mixed = self.reach(i, "attention"), self.reach(i, "mixed")
        weight, offset = layer["value"]
        parts = {"query": layer["query"], "key": layer["key"], "value": (weight / mixed, offset / mixed)}
        rounded = self.quantized(x, at + "attention")
        inputs = []
        for part, pair in parts.items():
            cut = last and part == "query"
            y = self.by_channel(self.leading(rounded, "leading.query") if cut else rounded, at + part, pair, reach)
            inputs.append(self.add("Reshape", [y, "output shape" if cut else "token shape"], at + part + ".tokens"))
        y = self.add("MultiHeadAttention", inputs, at + "attention", domain=MICROSOFT, num_heads=self.source["heads"])
        return self.add("Reshape", [y, "flat"], at + "attention.flat")

    def feed_forward(self, x, i, layer, last):
        """With the norm before it and the residual sum behind it."""
        at = f"layer.{i}."
        # A matmul by token cannot add its bias. The norm adds it to the stream, and what that does to the matmul fed by
        # this norm is taken off its bias.
        shift = layer["down"][1].astype(np.float64)
        reach = self.reach(i, "feed-forward", shift)
        x, rest = self.norm(x, at + "attention_norm", layer["attention_norm"], reach, shift)
        weight, offset = (part.astype(np.float64) for part in layer["up"])
        up = self.by_channel(self.quantized(x, at + "up"), at + "up", (weight, offset - shift @ weight), reach)
        up = self.add("Gelu", [up], at + "gelu", approximate="none")
        down = self.by_token(up, at + "down", layer["down"][0], "output zeros" if last else "token zeros")
        return self.add("Add", [down, rest], at + "output.sum")

    def by_token(self, x, name, weight, zeros):
        """Rounds each row of x, which is GELU's and so never below -0.17, by its own largest value; no bias."""
        axis = self.constant("last axis", np.array([-1], np.int64))
        steps = 255 - GELU_ZERO
        largest = self.add("ReduceMax", [x, axis], name + ".max", keepdims=1)
        largest = self.add("Max", [largest, self.number(0.17 * steps / GELU_ZERO)], name + ".largest")
        scale = self.add("Mul", [largest, self.number(1 / steps)], name + ".row scale")
        flat = self.add("Reshape", [scale, "one dimension"], name + ".row scales")
        x = self.add("QuantizeLinear", [x, flat, zeros], name + ".in", axis=0)
        rounded, scales = rounding.columns(weight.astype(np.float64))
        inputs = [x, self.constant(name + ".weight", rounded), self.number(1.0), self.vector(name + ".scale", scales)]
        inputs += [self.zero(GELU_ZERO), self.weight_zero()]
        return self.add("Mul", [self.add("MatMulIntegerToFloat", inputs, name, domain=MICROSOFT), scale], name + ".out")
