"""A BERT embedder's ONNX file → the Hugging Face folder that FlagEmbedding loads, checked against the file."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertModel

MAX_DIFFERENCE = 5e-6


def torch_from_onnx(source: Path, target: Path) -> None:
    """Files other than the weights are copied as they are."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.json"):
        shutil.copyfile(path, target / path.name)
    model = BertModel(BertConfig.from_pretrained(source), add_pooling_layer=False).eval()
    missing, unexpected = model.load_state_dict(weights(source / "onnx" / "model.onnx"), strict=False)
    if missing or unexpected:
        raise ValueError(f"{source.name}: missing {missing}, unexpected {unexpected}")
    check(model, source / "onnx" / "model.onnx")
    model.save_pretrained(target)


def weights(path: Path) -> dict[str, torch.Tensor]:
    """Linear weights lost their names in the export; the MatMul that uses them has kept its own."""
    graph = onnx.load(path).graph
    stored = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    named = {name: tensor for name, tensor in stored.items() if name.startswith(("embeddings.", "encoder."))}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored:
            name = node.name.strip("/").removesuffix("/MatMul").replace("/", ".") + ".weight"
            named[name] = stored[node.input[1]].T.contiguous()
    return named


def check(model: BertModel, path: Path) -> None:
    """Two rows, one of them padded."""
    ids = np.random.RandomState(0).randint(200, model.config.vocab_size, (2, 40))
    mask = np.ones_like(ids)
    mask[1, 25:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    [expected] = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, inputs)
    with torch.no_grad():
        hidden = model(**{name: torch.tensor(value) for name, value in inputs.items()}).last_hidden_state.numpy()
    difference = float(np.abs(hidden - expected)[mask == 1].max())
    print(f"{path.parents[1].name}: torch and ONNX differ by at most {difference:.1e}")
    if difference > MAX_DIFFERENCE:
        raise ValueError(f"torch and ONNX differ by {difference}, more than {MAX_DIFFERENCE}")
