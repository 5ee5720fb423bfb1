"""Writes the mean of the last checkpoints as a folder: config.json, model.safetensors, tokenizer files, onnx/model.onnx in fp32.

    export.py [--last N] [--start-share 0.2]
"""

import argparse
import json
import shutil

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

from checkpoints import averaged, found
from paths import CACHE, START

TARGET = CACHE / "reranker-small-en"
MAX_DIFFERENCE = 1e-4


def onnx_model(model):
    """The start's published graph with the trained weights under the same names, then [CLS] row × classifier: output `logits` [batch, 1].

    So whatever reads the embedder's file reads this one too.
    """
    whole = onnx.load(START / "onnx/model.onnx")
    graph = whole.graph
    state = {name: value.detach().float().numpy() for name, value in model.bert.state_dict().items()}
    stored = {tensor.name: tensor for tensor in graph.initializer}
    left = set(state)

    def put(name, value):
        tensor = stored[name]
        if tuple(tensor.dims) != value.shape:
            raise ValueError(f"{name}: {tuple(tensor.dims)} stored, {value.shape} trained")
        tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), name))

    for name in [n for n in stored if n in state]:
        put(name, state[name])
        left.discard(name)
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored:
            name = node.name.strip("/").removesuffix("/MatMul").replace("/", ".") + ".weight"
            put(node.input[1], state[name].T)
            left.discard(name)
    if left:
        raise ValueError(f"not in the published graph: {sorted(left)}")
    [hidden] = [output.name for output in graph.output]
    graph.initializer.append(numpy_helper.from_array(np.array(0, dtype=np.int64), "classifier.row"))
    graph.initializer.append(numpy_helper.from_array(model.classifier.weight.detach().float().numpy(), "classifier.weight"))
    graph.initializer.append(numpy_helper.from_array(model.classifier.bias.detach().float().numpy(), "classifier.bias"))
    graph.node.append(helper.make_node("Gather", [hidden, "classifier.row"], ["classifier.cls"], "/classifier/Gather", axis=1))
    graph.node.append(helper.make_node("Gemm", ["classifier.cls", "classifier.weight", "classifier.bias"], ["logits"], "/classifier/Gemm", transB=1))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", 1]))
    onnx.checker.check_model(whole)
    return whole


def check(model, path):
    """Two rows, one of them padded, through torch and through ONNX Runtime."""
    rng = np.random.RandomState(0)
    ids = rng.randint(1000, 30000, (2, 60))
    mask, types = np.ones_like(ids), np.zeros_like(ids)
    mask[1, 40:] = 0
    types[:, 12:] = 1
    [logits] = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["logits"], {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})
    with torch.inference_mode():
        expected = model(torch.tensor(ids), torch.tensor(mask), torch.tensor(types)).numpy()
    difference = float(np.abs(logits - expected).max())
    if difference > MAX_DIFFERENCE:
        raise ValueError(f"torch and ONNX differ by {difference}")
    return difference


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--last", type=int, default=3)
    parser.add_argument("--start-share", type=float, default=0.0)
    given = parser.parse_args()
    paths = found()[-given.last :]
    model = averaged(paths, given.start_share)
    (TARGET / "onnx").mkdir(parents=True, exist_ok=True)
    for path in START.glob("*token*.json"):
        shutil.copyfile(path, TARGET / path.name)
        (TARGET / path.name).chmod(0o644)
    config = json.loads((START / "config.json").read_text())
    # No pooler: the classifier reads the last layer's [CLS] row itself.
    config |= {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
    (TARGET / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_file({name: value.detach().float().contiguous() for name, value in model.state_dict().items()}, TARGET / "model.safetensors", {"format": "pt"})
    onnx.save(onnx_model(model), TARGET / "onnx/model.onnx")
    difference = check(model, TARGET / "onnx/model.onnx")
    print(f"{TARGET}: mean of {[p.stem for p in paths]}, torch and ONNX differ by at most {difference:.1e}")


if __name__ == "__main__":
    main()
