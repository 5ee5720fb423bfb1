"""A BERT encoder as a lean int8 graph, in which no token's numbers depend on its neighbours' ranges.

The stream of token vectors is kept as [tokens, hidden]; only attention sees batch and sequence.
Two ways to round activations to 8 bits:

- *by channel*, before the query/key/value and the first feed-forward matmul. What reaches them comes out of a
  LayerNormalization, so its channels have stable ranges. Each channel is divided by its reach, which costs nothing
  (the norm's gain and bias absorb the division, the weights the multiplication), and one constant scale serves all.
- *by token*, before the other two matmuls: each row by its own largest value.
"""

import numpy as np
from onnx import TensorProto, helper

import rounding
from graph import MICROSOFT, Graph

MARGIN = 1.25  # how much further than observed a channel may reach before it is clipped
GELU_ZERO = 32  # GELU gives -0.17 at least: 32 of the 256 steps are enough for what is below zero
MASKED = -3e38


def build(model, seen):
    return Bert(model, seen).model()


class Bert(Graph):
    def __init__(self, model, seen):
        super().__init__()
        self.source, self.seen = model, seen
        self.hidden = model["words"].shape[1]
        self.constant("flat", np.array([-1, self.hidden], np.int64))
        self.constant("one dimension", np.array([-1], np.int64))
        self.constant("hidden", np.array([self.hidden], np.int64))

    def model(self):
        self.shapes()
        layers = self.source["layers"]
        # The bias of a matmul by token cannot be added by the matmul. It is added to the stream by the norm before,
        # and what that does to the matmul fed by this norm is taken off its bias.
        shift = bias(layers[0], "attention_out")
        reach = self.reach(0, "attention", shift)
        x, rest = self.norm(self.embeddings(), "embeddings.norm", self.source["norm"], shift, reach)
        for i, layer in enumerate(layers):
            at = f"layer.{i}."
            mixed = self.attention(x, at, layer, shift, reach)
            out = self.by_token(mixed, at + "attention_out", layer["attention_out"][0])
            shift = bias(layer, "down")
            reach = self.reach(i, "feed-forward", shift)
            x, rest = self.norm(self.add("Add", [out, rest], at + "attention.sum"), at + "attention_norm", layer["attention_norm"], shift, reach)
            up = self.by_channel(self.quantized(x, at + "up"), at + "up", layer["up"], shift, reach)
            up = self.add("Gelu", [up], at + "gelu", approximate="none")
            down = self.by_token(up, at + "down", layer["down"][0], positive=True)
            total = self.add("Add", [down, rest], at + "output.sum")
            if i + 1 < len(layers):
                shift = bias(layers[i + 1], "attention_out")
                reach = self.reach(i + 1, "attention", shift)
                x, rest = self.norm(total, at + "output_norm", layer["output_norm"], shift, reach)
            else:
                x, _ = self.norm(total, at + "output_norm", layer["output_norm"], 0, None)
        self.add("Reshape", [x, "token shape"], "last_hidden_state")
        return super().model(self.hidden)

    def shapes(self):
        self.add("Shape", ["input_ids"], "shape")
        self.add("Concat", ["shape", "hidden"], "token shape", axis=0)
        self.add("Reshape", [self.add("Size", ["input_ids"], "size"), "one dimension"], "tokens")
        self.add("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        self.add("Cast", [self.add("ReduceMin", ["mask"], "mask.min", keepdims=0)], "no padding", to=TensorProto.BOOL)
        for zero in (128, GELU_ZERO):
            self.add("Expand", [self.zero(zero), "tokens"], f"zeros {zero}")

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
        word = self.add("Mul", [word, self.add("Gather", ["words.scale", "input_ids"], "word.scale")], "word")
        kind = self.add("Gather", [self.vector("types", self.source["types"]), "token_type_ids"], "type")
        length = self.add("Shape", ["input_ids"], "length", start=1, end=2)
        start = self.constant("start", np.array([0], np.int64))
        place = self.add("Slice", [self.vector("positions", self.source["positions"]), start, length, start], "position")
        total = self.add("Add", [self.add("Add", [word, kind], "word+type"), place], "embeddings")
        return self.add("Reshape", [total, "flat"], "embeddings.flat")

    def reach(self, layer, place, shift):
        """What to divide each channel by, so that it stays within -1 and 1. Rounded up to an eighth of an octave."""
        low, high = self.seen[layer, place]
        reach = np.maximum(np.abs(low + shift), np.abs(high + shift)) * MARGIN
        return np.exp2(np.ceil(np.log2(reach) * 8) / 8)

    def norm(self, x, name, pair, shift, reach):
        """The normalised stream plus shift: divided by reach for a matmul, and as it is for the residual sum."""
        gain, offset = pair[0].astype(np.float64), pair[1] + np.asarray(shift, np.float64)
        divisor = 1 if reach is None else reach
        inputs = [x, self.vector(name + ".gain", gain / divisor), self.vector(name + ".bias", offset / divisor)]
        y = self.add("LayerNormalization", inputs, name, axis=-1, epsilon=1e-12)
        return y, y if reach is None else self.add("Mul", [y, self.vector(name + ".reach", reach)], name + ".rest")

    def quantized(self, x, name):
        return self.add("QuantizeLinear", [x, self.number(1 / 127), self.zero(128)], name + ".in")

    def by_channel(self, x, name, pair, shift, reach):
        """x is quantized already, channels divided by reach; the bias is added by the matmul."""
        weight, offset = pair[0].astype(np.float64), pair[1].astype(np.float64)
        rounded, scale = rounding.columns(weight * reach[:, None])
        inputs = [x, self.constant(name + ".weight", rounded), self.number(1 / 127), self.vector(name + ".scale", scale)]
        inputs += [self.zero(128), self.weight_zero(), self.vector(name + ".bias", offset - shift @ weight)]
        return self.add("MatMulIntegerToFloat", inputs, name, domain=MICROSOFT)

    def by_token(self, x, name, weight, positive=False):
        """Rounds each row of x by its own largest value; no bias. `positive` rows do not fall below -0.17."""
        axis = self.constant("last axis", np.array([-1], np.int64))
        if positive:
            zero, steps = GELU_ZERO, 255 - GELU_ZERO
            largest = self.add("ReduceMax", [x, axis], name + ".max", keepdims=1)
            largest = self.add("Max", [largest, self.number(0.17 * steps / GELU_ZERO)], name + ".largest")
        else:
            zero, steps = 128, 127
            largest = self.add("ReduceMax", [self.add("Abs", [x], name + ".abs"), axis], name + ".largest", keepdims=1)
        scale = self.add("Mul", [largest, self.number(1 / steps)], name + ".row scale")
        flat = self.add("Reshape", [scale, "one dimension"], name + ".row scales")
        x = self.add("QuantizeLinear", [x, flat, f"zeros {zero}"], name + ".in", axis=0)
        rounded, scales = rounding.columns(weight.astype(np.float64))
        inputs = [x, self.constant(name + ".weight", rounded), self.number(1.0), self.vector(name + ".scale", scales)]
        inputs += [self.zero(zero), self.weight_zero()]
        return self.add("Mul", [self.add("MatMulIntegerToFloat", inputs, name, domain=MICROSOFT), scale], name + ".out")

    def attention(self, x, at, layer, shift, reach):
        """One operator. It is faster without a mask, so the mask is given only when there is padding."""
        rounded = self.quantized(x, at + "attention")
        inputs = []
        for part in ("query", "key", "value"):
            y = self.by_channel(rounded, at + part, layer[part], shift, reach)
            inputs.append(self.add("Reshape", [y, "token shape"], at + part + ".tokens"))

        def branch(name, extra):
            node = helper.make_node(
                "MultiHeadAttention", inputs + extra, [name], name=name, domain=MICROSOFT, num_heads=self.source["heads"], mask_filter_value=MASKED
            )
            shape = ["batch", "sequence", self.hidden]
            return helper.make_graph([node], name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)])

        name = at + "attention"
        choice = {"then_branch": branch(name + ".plain", []), "else_branch": branch(name + ".masked", ["", "mask"])}
        return self.add("Reshape", [self.add("If", ["no padding"], name, **choice), "flat"], name + ".flat")


def bias(layer, name):
    return layer[name][1].astype(np.float64)
