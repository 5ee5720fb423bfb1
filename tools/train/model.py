"""bge-small-en-v1.5 with one output: dropout and a linear map of the last layer's [CLS] row."""

import os
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

from paths import START
from rounded import rounded_weights

# What to go on from in place of the embedder: a folder that export.py wrote, or the int8 file of a cross-encoder whose fp32 weights are not at hand.
FROM = os.environ.get("BGE_JS_TRAIN_FROM")


def start_weights(path):
    """The encoder's state out of its published ONNX file: linear weights lost their names, the MatMul that uses them has kept its own."""
    graph = onnx.load(path).graph
    stored = {tensor.name: torch.tensor(np.array(numpy_helper.to_array(tensor))) for tensor in graph.initializer}
    named = {name: tensor for name, tensor in stored.items() if name.startswith(("embeddings.", "encoder."))}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored:
            named[node.name.strip("/").removesuffix("/MatMul").replace("/", ".") + ".weight"] = stored[node.input[1]].T.contiguous()
    return named


class Reranker(torch.nn.Module):
    def __init__(self, dropout=0.1):
        super().__init__()
        config = BertConfig.from_pretrained(START)
        # No dropout in the encoder: one pass over the data does not overfit, and drawing masks costs time.
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
        # On a CPU, the plain form has the faster backward pass.
        config._attn_implementation = "eager"
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(dropout)
        self.classifier = torch.nn.Linear(config.hidden_size, 1)

    def forward(self, input_ids, attention_mask, token_type_ids):
        """Logits [batch, 1]."""
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        return self.classifier(self.dropout(hidden[:, 0]))


def start(seed):
    torch.manual_seed(seed)
    model = Reranker()
    if FROM:
        model.load_state_dict(load_file(Path(FROM) / "model.safetensors") if Path(FROM).is_dir() else rounded_weights(FROM))
        return model
    missing, unexpected = model.bert.load_state_dict(start_weights(START / "onnx/model.onnx"), strict=False)
    if missing or unexpected:
        raise ValueError(f"{START}: missing {missing}, unexpected {unexpected}")
    torch.nn.init.normal_(model.classifier.weight, std=0.02)
    torch.nn.init.zeros_(model.classifier.bias)
    return model


def score(model, pairs, tokens=1500):
    """Logits of pairs (ids, types) in their order, computed in groups of like length and about `tokens` tokens."""
    order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i][0]))
    out, place = [], 0
    while place < len(order):
        width = len(pairs[order[place]][0])
        group = order[place : place + max(1, tokens // width)]
        ids, types, mask = (torch.zeros(len(group), width, dtype=torch.long) for _ in range(3))
        for row, i in enumerate(group):
            length = len(pairs[i][0])
            ids[row, :length] = torch.tensor(pairs[i][0])
            types[row, :length] = torch.tensor(pairs[i][1])
            mask[row, :length] = 1
        out.append(model(ids, mask, types)[:, 0].float())
        place += len(group)
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(out)[back]
