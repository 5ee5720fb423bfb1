"""Reads the fp32 weights of a BERT encoder, and of the classifier on it if there is one, out of its ONNX file."""

import re

import numpy as np
import onnx
from onnx import numpy_helper

# A dense layer is named by the path of its MatMul or Add node in the exported graph.
DENSE = {
    "query": "attention/self/query",
    "key": "attention/self/key",
    "value": "attention/self/value",
    "attention_out": "attention/output/dense",
    "up": "intermediate/dense",
    "down": "output/dense",
}


def read(path, heads):
    """A dict: embeddings, one dict of (weight [in, out], bias) and norms a layer, and `classifier` (weight [in, 1], bias) of a cross-encoder."""
    model = onnx.load(path)
    tensors = {t.name: numpy_helper.to_array(t).astype(np.float32) for t in model.graph.initializer}
    matmul = {}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in tensors:
            matmul[node.name] = tensors[node.input[1]]
    layers = 1 + max(int(m.group(1)) for m in map(lambda n: re.match(r"/encoder/layer\.(\d+)/", n), matmul) if m)

    def layer(i):
        out = {}
        for name, at in DENSE.items():
            out[name] = (matmul[f"/encoder/layer.{i}/{at}/MatMul"], tensors[f"encoder.layer.{i}.{at.replace('/', '.')}.bias"])
        out["attention_norm"] = norm(f"encoder.layer.{i}.attention.output.LayerNorm")
        out["output_norm"] = norm(f"encoder.layer.{i}.output.LayerNorm")
        return out

    def norm(name):
        return tensors[f"{name}.weight"], tensors[f"{name}.bias"]

    encoder = {
        "heads": heads,
        "words": tensors["embeddings.word_embeddings.weight"],
        "positions": tensors["embeddings.position_embeddings.weight"],
        "types": tensors["embeddings.token_type_embeddings.weight"],
        "norm": norm("embeddings.LayerNorm"),
        "layers": [layer(i) for i in range(layers)],
    }
    if "classifier.weight" not in tensors:
        return encoder
    return encoder | {"classifier": (tensors["classifier.weight"].T, tensors["classifier.bias"])}
