"""The weights of a graph, read one at a time: each knows its shape and type, and is computed when it is written."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
import torch


@dataclass(frozen=True)
class Weight:
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[], np.ndarray]
    rounded: bool = False  # may be stored in less than fp32

    @property
    def bytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


def take_weights(model: onnx.ModelProto, module: torch.nn.Module, inputs: list[str]) -> dict[str, Weight]:
    """Removes the weights from the graph's inputs, folds their transposition, and returns them by name, in order."""
    graph = model.graph
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    names = [given.name for given in graph.input if given.name not in inputs]
    weights = {name: of_tensor(tensors[name], name.startswith("backbone.")) for name in names}
    kept = {given.name: given for given in graph.input if given.name in inputs}
    del graph.input[:]
    graph.input.extend([kept[name] for name in inputs])
    renamed = {}
    for node in [node for node in graph.node if node.op_type == "Transpose" and node.input[0] in weights]:
        (perm,) = [list(attribute.ints) for attribute in node.attribute if attribute.name == "perm"]
        renamed[node.output[0]] = f"{node.input[0]}.transposed"
        weights[renamed[node.output[0]]] = transposed(weights[node.input[0]], perm)
        graph.node.remove(node)
    for node in graph.node:
        for at, name in enumerate(node.input):
            node.input[at] = renamed.get(name, name)
    used = {name for node in graph.node for name in node.input}
    return {name: weight for name, weight in weights.items() if name in used}


def of_tensor(tensor: torch.Tensor, rounded: bool) -> Weight:
    flat = tensor.detach()
    return Weight(tuple(flat.shape), np.dtype(str(flat.dtype).removeprefix("torch.")), flat.numpy, rounded)


def transposed(weight: Weight, perm: list[int]) -> Weight:
    shape = tuple(weight.shape[axis] for axis in perm)
    return Weight(shape, weight.dtype, lambda: np.ascontiguousarray(weight.read().transpose(perm)), weight.rounded)
