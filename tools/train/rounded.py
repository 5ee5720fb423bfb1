"""Reads the int8 file of a cross-encoder (tools/quantize/bert.py) back into a state that training can go on from.

The same function, up to rounding: what the graph has moved from one tensor into another (a matmul's bias into the norm before it,
ranges of the attention's output into the value map) stays where it is.
"""

import numpy as np
import onnx
import torch
from onnx import numpy_helper

DENSE = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value", "attention_out": "attention.output.dense", "up": "intermediate.dense"}


def rounded_weights(path):
    stored = {tensor.name: np.array(numpy_helper.to_array(tensor)) for tensor in onnx.load(path).graph.initializer}
    layers = 1 + max(int(name.split(".")[1]) for name in stored if name.startswith("layer."))
    state = {}

    def put(name, value):
        state[name] = torch.tensor(np.ascontiguousarray(value, np.float32))

    def norm(name, target):
        reach = stored.get(f"{name}.reach", np.float32(1))
        put(f"bert.{target}.LayerNorm.weight", stored[f"{name}.gain"] * reach)
        put(f"bert.{target}.LayerNorm.bias", stored[f"{name}.bias"] * reach)
        return reach

    put("bert.embeddings.word_embeddings.weight", stored["words"] * stored["words.scale"])
    put("bert.embeddings.position_embeddings.weight", stored["positions"])
    put("bert.embeddings.token_type_embeddings.weight", stored["types"])
    reach = norm("embeddings.norm", "embeddings")
    for i in range(layers):
        at, target = f"layer.{i}", f"encoder.layer.{i}"
        of_feed_forward = norm(f"{at}.attention_norm", f"{target}.attention.output")
        divided_by = {"query": reach, "key": reach, "value": reach, "attention_out": 1, "up": of_feed_forward}
        for part, name in DENSE.items():
            weight = stored[f"{at}.{part}.weight"] * stored[f"{at}.{part}.scale"]
            put(f"bert.{target}.{name}.weight", (weight / np.reshape(divided_by[part], (-1, 1))).T)
            put(f"bert.{target}.{name}.bias", stored[f"{at}.{part}.bias"])
        put(f"bert.{target}.output.dense.weight", (stored[f"{at}.down.weight"] * stored[f"{at}.down.scale"]).T)
        put(f"bert.{target}.output.dense.bias", np.zeros_like(stored[f"{at}.down.scale"]))
        reach = norm(f"{at}.output_norm", f"{target}.output")
    put("classifier.weight", stored["classifier.weight"].T)
    put("classifier.bias", stored["classifier.bias"])
    return state
