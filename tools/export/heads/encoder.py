"""BERT and XLM-R embedders: the token vectors."""

import torch
from transformers import AutoModel

PADDING = ("right",)


def outputs(options) -> dict:
    return {"last_hidden_state": ("vectors", {0: "batch", 1: "tokens"})}


def load(source, options):
    return AutoModel.from_pretrained(source.folder, dtype=torch.float32, attn_implementation="eager").eval()


class Graph(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.backbone = model

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        extra = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        return self.backbone(input_ids=input_ids, attention_mask=attention_mask, **extra).last_hidden_state


def graph(model, options):
    return Graph(model)


def reference(model, inputs, options) -> dict:
    return {"last_hidden_state": model(**inputs).last_hidden_state}
